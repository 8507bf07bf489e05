"""The outbox: a mail is a row in the transaction of what it is about, and `manage.py worker` alone sends it."""
