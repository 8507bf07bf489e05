"""The forms of the desk: a draft that a colleague may have saved meanwhile, and what a publication is given."""

from datetime import datetime

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext_lazy as _
from reversion.models import Version

from website.publishing import desk
from website.publishing.difference import Difference, shown
from website.publishing.richtext import clean
from website.publishing.texts import LANGUAGES, Text, fingerprint


class DraftForm(forms.ModelForm):
    """Carries the version it was opened on. What a colleague saved since is shown beside what was typed here."""

    opened_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    #: Why it is shown again as it was posted, and not saved.
    unsaved = ""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.newest = None if self.instance._state.adding else desk.latest_version(self.instance)
        self.stale = False
        if self.newest:
            self.initial["opened_version"] = self.newest.pk
            self._show_translation_states()
            if self.is_bound and "_preview" not in self.data:
                self._meet_colleague()

    def clean(self):
        if self.unsaved:
            self.add_error(None, self.unsaved)
        if self.stale:
            who = self.newest.revision.user
            saved = {"who": who.get_username() if who else "–", "when": localize(self._moment(self.newest))}
            sentence = _(
                "%(who)s saved this on %(when)s, after you had opened it. Nothing of yours is saved yet, and nothing "
                "is lost. What differs is marked below: choose or edit, and save."
            )
            self.add_error(None, sentence % saved)
        return super().clean()

    @staticmethod
    def _moment(version):
        return timezone.localtime(version.revision.date_created)

    def _show_translation_states(self):
        outdated = {}
        for name, state in self.instance.translation_states().items():
            if name in self.fields:
                self.fields[name].state = state
                if state == "outdated":
                    outdated[name] = self.instance.translated_from[name]
        for field in self.instance.translated_fields():
            finnish = getattr(self.instance, f"{field}_{settings.LANGUAGE_CODE}")
            for name in (f"{field}_{code}" for code in LANGUAGES if code != settings.LANGUAGE_CODE):
                if finnish and name in self.fields:
                    text = Text(finnish, settings.LANGUAGE_CODE)
                    self.fields[name].finnish = text.html if "<" in text else text
        if outdated:
            self._show_finnish_since(outdated)

    def _show_finnish_since(self, outdated):
        """Beside each outdated translation, what changed in the Finnish since it was made."""
        for version in Version.objects.get_for_object(self.instance):
            older = version._object_version.object
            for name, mark in list(outdated.items()):
                finnish = f"{name.rpartition('_')[0]}_{settings.LANGUAGE_CODE}"
                if fingerprint(getattr(older, finnish)) == mark:
                    field = self.instance._meta.get_field(finnish)
                    values = (shown(field, getattr(thing, finnish)) for thing in (older, self.instance))
                    self.fields[name].since = Difference(field, *values)
                    del outdated[name]
            if not outdated:
                return

    def _meet_colleague(self):
        self.data = self.data.copy()
        for name in self.data.getlist("theirs"):
            if name in self.fields:
                self._fill_in(name)
        opened = self.data.get("opened_version") or "0"
        known = Version.objects.get_for_object(self.instance).filter(pk=opened if opened.isdecimal() else 0).first()
        then = known._object_version.object if known else None
        if then and then.content() == self.instance.content():
            return
        self.stale = True
        self.data["opened_version"] = self.newest.pk
        for name, field in self.fields.items():
            mine = self[name].data
            if name == "opened_version" or not self._differs(field, getattr(self.instance, name), mine):
                continue
            if then and then.content().get(name) == self.instance.content().get(name):
                continue  # only I changed it
            column = self.instance._meta.get_field(name)
            field.conflict = Difference(
                column, shown(column, getattr(self.instance, name)), self._readable(column, mine)
            )
            if then and not self._differs(field, getattr(then, name), mine):
                field.taken = True  # only the colleague changed it
                self._fill_in(name)

    @staticmethod
    def _differs(field, before, after):
        before, after = (v.replace("\r\n", "\n") if isinstance(v, str) else v for v in (before, after))
        return field.has_changed(before, after)

    @staticmethod
    def _readable(column, posted):
        if isinstance(posted, list | tuple):
            return " ".join(part for part in posted if part)
        return shown(column, clean(posted) if isinstance(posted, str) and "<" in posted else posted)

    def _fill_in(self, name):
        """Puts the colleague's value where mine was, as a browser would post it."""
        widget, value = self.fields[name].widget, getattr(self.instance, name)
        if isinstance(widget, forms.MultiWidget):
            parts = zip(widget.widgets_names, widget.widgets, widget.decompress(value), strict=True)
            for suffix, part, piece in parts:
                self.data[f"{name}{suffix}"] = part.format_value(piece) or ""
        elif isinstance(widget, forms.CheckboxInput):
            self.data[name] = "on" if value else ""
        else:
            self.data[name] = "" if value is None else str(widget.format_value(value) or "")


class NoteForm(forms.Form):
    """A sentence for the readers in each language, kept with the publication."""

    note_fi = forms.CharField(label=_("Note to readers in Finnish"), required=False, max_length=400)
    note_sv = forms.CharField(label=_("Note to readers in Swedish"), required=False, max_length=400)
    note_en = forms.CharField(label=_("Note to readers in English (optional)"), required=False, max_length=400)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        for code in LANGUAGES:
            self.fields[f"note_{code}"].widget.attrs |= {"lang": code, "class": "vTextField"}

    @property
    def note(self):
        return {code: self.cleaned_data[f"note_{code}"] for code in LANGUAGES}


class PublishForm(NoteForm):
    minor = forms.BooleanField(
        label=_("Minor change: publish without a note"),
        help_text=_("For spelling, a phone number, a link. The page keeps its date, and the list of changes is quiet."),
        required=False,
    )
    when = forms.ChoiceField(
        label=_("When"),
        choices=[("now", _("Now")), ("later", _("At this moment, in Helsinki time (Europe/Helsinki):"))],
        widget=forms.RadioSelect,
        initial="now",
        required=False,
    )
    day = forms.DateField(
        label=_("Day"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    time = forms.TimeField(
        label=_("Time"), required=False, widget=forms.TimeInput({"type": "time", "step": "1"}, format="%H:%M:%S")
    )

    def clean(self):
        cleaned = super().clean()
        self.starts = None
        if not cleaned.get("minor"):
            for code in settings.NATIONAL_LANGUAGES:
                if not cleaned.get(f"note_{code}") and f"note_{code}" not in self.errors:
                    self.add_error(f"note_{code}", _("Tell the readers what changed, or choose “minor change”."))
        if cleaned.get("when") == "later" and not {"day", "time"} & set(self.errors):
            if cleaned.get("day") is None or cleaned.get("time") is None:
                self.add_error("day", _("Give the day and the time."))
            else:
                self.starts = timezone.make_aware(datetime.combine(cleaned["day"], cleaned["time"]))
                if self.starts <= timezone.now():
                    self.add_error("day", _("Choose a moment that is still to come."))
        return cleaned
