"""People of the ministry and their way into the admin.

Invitation, password, second factor, sessions, groups, lockout.
"""
