"""Requests and responses: the client's IP address, protection against cross-site posts, headers of every response."""
