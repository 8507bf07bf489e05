from django.conf import settings
from django.core.checks import Tags, Warning, register

from website.launch import told


@register(Tags.security, deploy=True)
def installation(app_configs=None, **options):
    """What the environment lacks, which `check --deploy` names without asking the database."""
    if not settings.SECURITY_CONTACT:
        yield told("the contact for security reports", "Set SECURITY_CONTACT.", "website.launch")
    if not settings.EMAIL_HOST:
        what = "the mail server and the sender of the site’s mail"
        yield told(what, "Set EMAIL_HOST and DEFAULT_FROM_EMAIL.", "website.launch")


@register(Tags.security, deploy=True)
def encrypted_lines(app_configs=None, **options):
    """What leaves the machine is encrypted, and the other end shows a certificate that is looked at."""
    database = settings.DATABASES["default"]
    sslmode = database.get("OPTIONS", {}).get("sslmode")
    if _elsewhere(database.get("HOST")) and sslmode != "verify-full":
        yield Warning(
            "PostgreSQL's certificate is not looked at.", "Add ?sslmode=verify-full&sslrootcert=…", id="website.W1"
        )
    if _elsewhere(settings.EMAIL_HOST) and not settings.EMAIL_USE_TLS:
        yield Warning("Mail leaves this machine in clear.", "Set EMAIL_USE_TLS=true.", id="website.W2")


def _elsewhere(host):
    return bool(host) and not host.startswith("/") and host not in ("localhost", "127.0.0.1", "::1")
