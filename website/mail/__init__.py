"""The outbox: a mail is stored as a row, in the same transaction as its cause, and sent by `manage.py worker`."""
