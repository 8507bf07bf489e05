"""What the admin classes of all apps share: extra pages, counters of the first page, the guard against lost updates."""
