"""What only the ministry can settle before launch, named by `manage.py check --deploy --database default`.

At level INFO: it stops nothing, and lint is not failed by it. Each app registers what it owns in its checks.py.
"""

from django.core.checks import Info, Tags, register
from django.db import DatabaseError

from website.publishing.edition import Edition


def to_confirm(identifier):
    """Registers a function that reads an edition and yields pairs: what must be confirmed, and where."""

    def decorator(questions):
        @register(Tags.database, deploy=True)
        def check(app_configs, databases=None, **kwargs):
            if not databases:
                return []
            try:
                pairs = list(questions(Edition.load()))
            except (DatabaseError, LookupError):
                return []  # nothing has been published here yet
            return [told(what, where, identifier) for what, where in pairs]

        return questions

    return decorator


def told(what, where, identifier):
    return Info(f"For the ministry to confirm: {what}", hint=where, id=identifier)
