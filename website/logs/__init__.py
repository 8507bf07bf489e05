"""Logs for the service manager: one JSON object on each line, with the request's id and without personal data."""
