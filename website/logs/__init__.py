"""Logs for the service manager: one JSON object a line, with the request's id and nothing about a person."""
