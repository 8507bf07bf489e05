"""What django-axes counts wrong passwords by."""


def username(request, credentials=None):
    """The name that somebody tries to sign in with, in small letters: Editor and editor are one account."""
    posted = credentials or request.POST
    name = posted.get("username")
    return (name or "").lower()
