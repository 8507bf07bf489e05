"""The accounts of the ministry's staff: user model, invitation, password, second factor, sessions, groups, lockout."""
