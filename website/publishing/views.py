from django.core import signing
from django.http import Http404
from django.urls import reverse
from django.utils.translation import get_language, override

from website.publishing.rendering import preview
from website.publishing.texts import LANGUAGES
from website.publishing.versions import thing_from, version_by_key

_SALT = "a draft shown to a colleague"
SHARED_FOR = 7 * 24 * 60 * 60  # seconds


def shared_urls(version):
    """The URLs where somebody without an account can see one version for a week: pairs of a language code and a URL."""
    for language in LANGUAGES if version else ():
        with override(language):
            token = signing.dumps([version.pk, language], salt=_SALT)
            yield language, reverse("publishing:draft", args=[token])


def draft(request, token):
    try:
        key, language = signing.loads(token, salt=_SALT, max_age=SHARED_FOR)
    except signing.BadSignature:
        raise Http404 from None
    if language != get_language():
        raise Http404
    version = version_by_key(key)
    if version is None:
        raise Http404
    return preview(request, thing_from(version), language)
