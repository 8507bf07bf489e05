"""What a request tells: whose network it came from, whether it came from our own pages; headers of every response."""
