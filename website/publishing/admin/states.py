"""The state of a thing in words: the same on the first page, the form, the publish page, history and timeline."""

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from website.admin.words import moment_in_words, name_of
from website.publishing.models import State


def scheduled_in_words(publication):
    """Like “visible on Tue 1.12.2026 at 0.00 (who)”, of a publication or a withdrawal that has not started."""
    text = _("visible on %(when)s (%(who)s)") if publication.version_id else _("disappears on %(when)s (%(who)s)")
    return text % {"when": moment_in_words(publication.starts), "who": name_of(publication.published_by)}


def state_in_words(thing, request):
    """HTML: the state against the public and, for each scheduled change, its moment with a link to cancel it."""
    edition = request.edition
    parts = [edition.state_of(thing).label]
    url = reverse("admin:publishing_publication_schedule")
    may_cancel = request.user.has_perm("publishing.add_publication")
    for publication in edition.to_come(thing):
        words = gettext("scheduled: %(change)s") % {"change": scheduled_in_words(publication)}
        link = format_html(' · <a href="{}#publication-{}">{}</a>', url, publication.pk, _("cancel"))
        parts.append(format_html("{}{}", words, link if may_cancel else ""))
    return format_html_join("; ", "{}", ((part,) for part in parts))


def state_of_language(thing, code, edition):
    """Pair of a mark and words for one language of a draft: one meaning for each mark.

    Marks: “gap”, “old”, “changed”, “later”, “none”, “public”.
    """
    public, to_come = edition.public(thing), edition.to_come(thing)
    if public is None:
        if code not in thing.languages:
            return "gap", _("missing")
        if to_come:
            return "later", _("scheduled")
        return "none", edition.state_of(thing).label
    translation = thing.translation_state(code)
    if code not in public.languages or translation == "missing":
        return "gap", _("missing")
    if translation == "outdated":
        return "old", _("outdated")
    then, now = public.content(), thing.content()
    if any(now[f.name] != then[f.name] for f in thing.content_fields() if getattr(f, "language", code) == code):
        return "changed", State.CHANGED.label
    if to_come:
        return "later", _("scheduled")
    return "public", State.PUBLIC.label
