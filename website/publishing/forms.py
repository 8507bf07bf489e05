"""Forms of the content admin: a draft that a colleague may have saved meanwhile, and what a publication is given."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from website.admin.lost_updates import ConflictForm
from website.publishing.difference import Difference, Differences
from website.publishing.models import TranslationState
from website.publishing.texts import LANGUAGES, fingerprint
from website.publishing.versions import latest_version, thing_from, versions_of
from website.text.forms import LineField, ParagraphField


def validate_year(moment):
    """Raises ValidationError for years that are typing mistakes; far ones are past the end of Python's calendar."""
    if not 2000 <= moment.year <= 2100:
        raise forms.ValidationError(_("Write a year between 2000 and 2100."))


class DraftForm(ConflictForm):
    """Carries the version it was opened on. What a colleague saved since is shown beside what was typed here."""

    opened_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.newest = None if self.instance._state.adding else latest_version(self.instance)
        if self.newest:
            self.initial["opened_version"] = self.newest.pk
            self._show_translations()

    def clean(self):
        for name in self.fields.keys() & self.initial.keys() & set(self.data.getlist("theirs")):
            self.take_theirs(name)
        if self.newest and "review_due" in self.fields.keys() - set(self.changed_data):
            self.take_theirs("review_due")  # no version holds it: a colleague's could not be met
        return super().clean()

    def _post_clean(self):
        super()._post_clean()
        if self.newest and not self.errors:
            self._add_conflict_errors()

    def _add_conflict_errors(self):
        """Stops where a colleague saved after this form was opened: what both changed is left to be chosen."""
        opened = self.cleaned_data["opened_version"]
        known = versions_of(self.instance).filter(pk=opened).first()
        then, theirs = known and thing_from(known).content(), thing_from(self.newest)
        differing = Differences.between(theirs, self.instance)
        if then == theirs.content() or not differing:  # the same words, as after a button pressed twice
            return
        for difference in differing:
            name = difference.field.name
            if then and then.get(name) == theirs.content()[name]:
                continue  # only I changed it
            self.fields[name].conflict = difference
            if then and then.get(name) == self.instance.content()[name]:
                self.fields[name].taken = True  # only the colleague changed it
                self.take_theirs(name)
        self.take_theirs("opened_version")
        revision = self.newest.revision
        self.say_who_saved(revision.user, revision.date_created)

    def _show_translations(self):
        """The state of each translation, and where the Finnish has changed since, how."""
        states, marks = self.instance.translation_states(), self.instance.translated_from
        outdated = TranslationState.OUTDATED in states.values()
        older = [thing_from(version) for version in versions_of(self.instance)] if outdated else []
        for name, finnish in self.instance.translations():
            if field := self.fields.get(name):
                field.state = states.get(name)
                if field.state == TranslationState.OUTDATED:
                    then = next((t for t in older if fingerprint(getattr(t, finnish)) == marks[name]), None)
                    column = self.instance._meta.get_field(finnish)
                    field.since = then and Difference.of(column, then, self.instance)


class NoteForm(forms.Form):
    """A sentence for the readers in each language, kept with the publication."""

    note_fi = LineField(label=_("Note to readers in Finnish"), required=False, max_length=400)
    note_sv = LineField(label=_("Note to readers in Swedish"), required=False, max_length=400)
    note_en = LineField(label=_("Note to readers in English (optional)"), required=False, max_length=400)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        for code in LANGUAGES:
            self.fields[f"note_{code}"].widget.attrs |= {"lang": code, "class": "vTextField"}

    @property
    def note(self):
        return {code: self.cleaned_data[f"note_{code}"] for code in LANGUAGES}

    def clean(self):
        texts = {code: self.cleaned_data.get(f"note_{code}", "too long") for code in LANGUAGES}
        for code in settings.NATIONAL_LANGUAGES if any(texts.values()) else ():
            if not texts[code]:
                self.add_error(f"note_{code}", _("Tell it in Finnish and in Swedish, or in neither."))


def moment_field(label, help_text):
    return forms.DateTimeField(
        label=label,
        help_text=help_text,
        required=False,
        validators=[validate_year],
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class WithdrawForm(NoteForm):
    starts = moment_field(
        _("Day and time, in Helsinki time (Europe/Helsinki)"), _("Leave it empty to withdraw it now.")
    )


class WordsForm(forms.Form):
    """What one colleague writes to another, with a request to publish or when returning one."""

    words = ParagraphField(
        label=_("Words to your colleague"),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 3, "class": "vLargeTextField"}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)


class PublishForm(NoteForm):
    minor = forms.BooleanField(
        label=_("Minor change: publish without a note"),
        help_text=_("For spelling, a phone number, a link. The page keeps its date, and the list of changes is quiet."),
        required=False,
    )
    starts = moment_field(_("Day and time, in Helsinki time (Europe/Helsinki)"), _("Leave it empty to publish now."))
    ends = moment_field(_("Disappears again, in Helsinki time"), _("Leave it empty if it stays."))
    confirmed = forms.BooleanField(label=_("It is a quotation or a name: publish it as it is"), required=False)

    def clean(self):
        for code in () if self.cleaned_data["minor"] else settings.NATIONAL_LANGUAGES:
            if not self.cleaned_data.get(f"note_{code}", "too long"):
                self.add_error(f"note_{code}", _("Tell the readers what changes, or choose “Nothing: a minor change”."))
