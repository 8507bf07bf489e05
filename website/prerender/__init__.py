"""Prerendering: `render` writes the pages into a directory, `serve` answers from it, `follow` keeps it up to date."""
