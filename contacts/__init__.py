"""The ministry's contact cards, and feedback."""
