"""What every text that comes in passes through: one rule for the characters of forms, models and rich text."""
