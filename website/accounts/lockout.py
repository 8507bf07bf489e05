"""What django-axes counts wrong passwords by."""

from website.text.cleaning import clean_line


def username(request, credentials=None):
    """The name that somebody tries to sign in with, as the form takes it and in small letters."""
    posted = credentials or request.POST
    name = posted.get("username")
    return clean_line(name or "").lower()
