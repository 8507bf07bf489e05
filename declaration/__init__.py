"""The declaration on public-sector innovation and Finland's five commitments."""
