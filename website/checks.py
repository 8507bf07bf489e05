from django.conf import settings

from website.publishing.launch import to_confirm


@to_confirm("website.launch")
def installation(edition):
    if not settings.SECURITY_CONTACT:
        yield "the contact for security reports", "Set SECURITY_CONTACT."
    if not settings.EMAIL_HOST:
        yield "the mail server and the sender of the site’s mail", "Set EMAIL_HOST and DEFAULT_FROM_EMAIL."
