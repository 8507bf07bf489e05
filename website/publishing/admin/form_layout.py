"""How the form of a draft is laid out, and the widgets in it."""

from django import forms
from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.timezone import make_aware
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from website.publishing.texts import LANGUAGES


class DayInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self, attrs=None):
        super().__init__(attrs, format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    """The browser's own clock. Seconds are shown where a time has some."""

    input_type = "time"

    def format_value(self, value):
        if hasattr(value, "strftime"):
            return value.strftime("%H:%M:%S" if value.second else "%H:%M")
        return value


class MomentInput(forms.SplitDateTimeWidget):
    """A day and a time of day in Finland."""

    def __init__(self, attrs=None):
        super().__init__(attrs, date_format="%Y-%m-%d")
        parts = DayInput({"aria-label": _("date")}), TimeInput({"aria-label": _("time in Helsinki")})
        self.widgets = list(parts)


class Lines(forms.Textarea):
    """A text of one line, shown in as many as it needs. What the server cleans has no line breaks."""

    def __init__(self, attrs=None):
        super().__init__({"rows": 1, "data-line": "", **(attrs or {})})


def chosen_moment(thing, name, written):
    """The moment at which a preview is asked for, or None: one of the thing's own by its name, or “at”, any.

    `written` is that one in ISO format, in Helsinki time. What does not exist, or is too far to be shown, is None.
    """
    moment = thing.change_moments().get(name)
    try:
        moment = make_aware(parse_datetime(written)) if name == "at" else moment
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None
    return moment if moment and 2000 <= moment.year <= 2100 else None


def link_targets(edition):
    """What a link in a text may lead to: by language code, pairs of the path of a public page and its name."""
    targets = {code: [] for code in LANGUAGES}
    for thing in edition.things():
        for code, path in thing.paths_by_language().items():
            with override(code):
                targets[code].append((path, thing.heading.plain))
    return [(code, sorted(pages)) for code, pages in targets.items()]


def field_name_of(row):
    """The name of a field of Django's admin form, editable or read-only."""
    return row.field["name"] if row.is_readonly else row.field.name


def layout_context(admin_form, model):
    """Template context: `pairs`, lists of (language code, field) for each translated text; other fields in `plain`.

    `text_first` says where the other fields stand, `second_language` which language stands beside the Finnish when the
    page is opened, `review_field` is the day of review.
    """
    rows = {field_name_of(row): row for fieldset in admin_form for line in fieldset for row in line}
    pairs = []
    for name in model.translated:
        sides = [(code, rows.pop(f"{name}_{code}")) for code in LANGUAGES if f"{name}_{code}" in rows]
        if sides:
            pairs.append(sides)
    review_field = rows.pop("review_due", None)
    return {
        "headings": dict(settings.LANGUAGES),
        "pairs": pairs,
        "plain": list(rows.values()),
        "text_first": model.permanent,  # a page: its text matters before the rest
        "review_field": review_field,
        "second_language": _second_language(pairs),
    }


def _second_language(pairs):
    """An error has to be seen; else the language of the reader, or Swedish."""
    codes = [code for code, row in (side for sides in pairs for side in sides) if not row.is_readonly and _marked(row)]
    codes = [*codes, get_language(), "sv"]
    return next(code for code in codes if code in LANGUAGES[1:])


def _marked(row):
    return row.errors() or getattr(row.field.field, "conflict", None)
