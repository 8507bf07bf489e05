"""The state of a thing in words: the same on the first page, the form, the publish page, history and timeline."""

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from website.admin.words import day_in_words, display_name, moment_in_words
from website.publishing.models import State
from website.publishing.texts import LANGUAGES


def scheduled_in_words(publication):
    """Like “visible on Tue 1.12.2026 at 0.00 (who)”, of a publication or a withdrawal that has not started."""
    text = _("visible on %(when)s (%(who)s)") if publication.version_id else _("disappears on %(when)s (%(who)s)")
    return text % {"when": moment_in_words(publication.starts), "who": display_name(publication.published_by)}


def publication_in_words(publication, edition):
    """Of a version in its history: since when it is public, or that it will be."""
    if publication.starts > edition.at:
        return gettext("scheduled: %(change)s") % {"change": scheduled_in_words(publication)}
    return gettext("public from %(when)s") % {"when": date_format(localtime(publication.starts), "DATETIME_FORMAT")}


def _next_in_words(publication):
    """Like “disappears Tue 1.12.2026”, where there is room for a few words."""
    text = _("visible %(day)s") if publication.version_id else _("disappears %(day)s")
    return text % {"day": day_in_words(localdate(publication.starts))}


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


def states_of_languages(row, edition):
    """Triples of a language code, a mark and words for each language of a draft: one meaning for each mark.

    Marks: “gap”, “old”, “changed”, “later”, “none”, “public”.
    """
    thing, public = row.thing, edition.public(row.thing)
    live, translations = (public or thing).languages, dict(row.translations)
    changed = changed_languages(thing, public) if row.state == State.CHANGED else ()
    next_change = next(iter(edition.to_come(thing)), None)
    will_change = _languages_changed_by(next_change, thing, public) if next_change else ()
    states = []
    for code in LANGUAGES:
        translation = translations.get(code) if public else None
        if code not in live or translation == "missing":
            states.append((code, "gap", _("missing")))
        elif translation == "outdated":
            states.append((code, "old", _("outdated")))
        elif code in will_change:
            states.append((code, "later", _next_in_words(next_change)))
        elif code in changed:
            states.append((code, "changed", State.CHANGED.label))
        elif public:
            states.append((code, "public", State.PUBLIC.label))
        else:
            states.append((code, "none", row.state.label))
    return states


def _languages_changed_by(publication, draft, public):
    """The codes of the languages that a scheduled change makes as the draft has them, or takes away."""
    scheduled = publication.thing()
    if scheduled is None or public is None:
        return set(LANGUAGES)
    return changed_languages(scheduled, public) - changed_languages(draft, scheduled)


def changed_languages(draft, public):
    """The codes of the languages whose readers would see a difference; a value without a language counts for all."""
    now, then = draft.content(), public.content()
    fields = [field for field in draft.content_fields() if now[field.name] != then[field.name]]
    return {code for field in fields for code in ([field.language] if hasattr(field, "language") else LANGUAGES)}
