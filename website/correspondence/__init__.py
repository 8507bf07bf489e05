"""What people write to the ministry: received, stored, mailed, shown to themselves, erased. Sections own the forms."""
