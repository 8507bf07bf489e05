"""The weekly check of the links in public texts."""
