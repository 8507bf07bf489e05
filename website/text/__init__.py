"""Cleaning of incoming text: one rule for the characters in forms, models and rich text."""
