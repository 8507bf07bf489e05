"""The innovation network: asking to join it by a form, confirmed by mail."""
