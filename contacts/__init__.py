"""Whom to ask: the ministry's contact cards."""
