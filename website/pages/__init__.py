"""Texts with a fixed place on the site, and notices above every page."""
