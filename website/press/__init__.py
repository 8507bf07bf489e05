"""The press: prints an edition once, serves it from memory in front of Django, and moves on with the clock."""
