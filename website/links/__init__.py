"""The weekly look at the links in public texts."""
