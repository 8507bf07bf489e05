from datetime import UTC, datetime

from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db.models import Q
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_noop, override

from website.publishing.rendering import preview
from website.publishing.texts import LANGUAGES
from website.publishing.versions import thing_from, version_by_key

#: In the admin's log, which remembers who revoked them and when.
LINKS_REVOKED = gettext_noop("Links to drafts revoked.")
_SALT = "a draft shown to a colleague"
SHARED_FOR = 7 * 24 * 60 * 60  # seconds


def shared_urls(version):
    """The URLs where somebody without an account can see one version for a week: pairs of a language code and a URL."""
    now = timezone.now().timestamp()
    for language in LANGUAGES if version else ():
        with override(language):
            token = signing.dumps([version.pk, language, now], salt=_SALT)
            yield language, reverse("publishing:draft", args=[token])


def draft(request, token):
    try:
        key, language, made_at = signing.loads(token, salt=_SALT, max_age=SHARED_FOR)
    except (signing.BadSignature, ValueError):
        raise Http404 from None
    if language != get_language():
        raise Http404
    version = version_by_key(key)
    thing = version and thing_from(version)
    if thing is None or not type(thing).objects.filter(pk=thing.pk).exists() or revoked_since(thing, made_at):
        raise Http404
    return preview(request, thing, language)


def revoked_since(thing, moment):
    """Whether the links to the drafts of a thing have been revoked since `moment`, seconds since 1970.

    A deletion ends them as well: a thing that is brought back does not bring them back.
    """
    since = datetime.fromtimestamp(moment, UTC)
    kind = ContentType.objects.get_for_model(thing)
    entries = LogEntry.objects.filter(content_type=kind, object_id=str(thing.pk), action_time__gte=since)
    return entries.filter(Q(change_message=LINKS_REVOKED) | Q(action_flag=DELETION)).exists()
