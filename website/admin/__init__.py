"""What the admin of every app shares: pages of its own, the first page, the guard against lost updates."""
