"""What staff may do with what a person wrote, such as accept, ask or answer, and the mail that goes with it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.utils.text import format_lazy
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from website.correspondence.models import state_shown
from website.correspondence.receiving import mail_to_person
from website.mail.outbox import rendered
from website.text.forms import LineField, ParagraphField


@dataclass(frozen=True)
class Decision:
    """One thing that may be done with a row: `take(row, user, text)`, offered where `fits(row)`.

    `template` is the initial text of the mail that goes to the person, with the subject in its first line; without
    it no mail goes. A mail that `needs_words` is no mail yet as it is proposed. What `is_destructive` is rare, and
    stands away from the rest.
    """

    name: str  # in forms, and of the action in the list
    label: Any
    button: Any
    done: Any  # what is said afterwards, with %(things)s
    fits: Callable[[Any], bool]
    take: Callable[[Any, Any, str], None]
    explanation: Any = ""
    template: str = ""
    needs_words: bool = False
    is_destructive: bool = False


def as_action(decision: Decision) -> Any:
    """The action of a list that opens the page on which the decision is taken for the chosen rows."""

    @admin.action(description=format_lazy("{} …", decision.label), permissions=["change"])
    def chosen(model_admin: Any, request: Any, rows: Any) -> Any:
        return model_admin.decide_together(request, decision, rows)

    chosen.__name__ = decision.name  # Django's name of the action
    return chosen


class DecisionForm(forms.Form):
    """The form of one decision on some rows, with the text of the mail for each of their languages.

    It carries a hash of the rows as shown, so that nobody decides on what has changed since. For one row the text
    begins with a greeting by name, which can be edited; for several each mail gets the greeting of its own person.
    """

    shown = LineField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, decision: Decision, rows: list[Any], mail_template: str, context: Any) -> None:
        super().__init__(data, auto_id=f"id_{decision.name}_%s")
        self.decision, self.rows, self.mail_template = decision, rows, mail_template
        self.state = state_shown(rows)
        spoken = {row.language for row in rows} if decision.template else set()
        for code, name in settings.LANGUAGES:
            if code in spoken:
                self.fields[code] = self.mail_field(code, name, context)

    def mail_field(self, language: str, name: Any, context: Any) -> Any:
        subject, text = rendered(self.decision.template, language, context)
        rows = [row for row in self.rows if row.language == language]
        alone = len(self.rows) == 1
        widget = forms.Textarea({"lang": language, "rows": 12 if alone else 10, "class": "vLargeTextField"})
        initial = f"{greeting(rows[0], rows[0].name)}\n\n{text}" if alone else text
        field: Any = ParagraphField(label=name, max_length=5000, widget=widget, initial=initial)
        field.subject = subject
        field.ends = list(dict.fromkeys(end_of_mail(row, self.mail_template) for row in rows))
        return field

    def clean(self) -> None:
        for code in self.cleaned_data.keys() - {"shown"} if self.decision.needs_words else ():
            if self.cleaned_data[code].split() == self.fields[code].initial.split():
                self.add_error(code, _("Write your own words first: this is only the beginning of the e-mail."))

    def has_changed_meanwhile(self) -> bool:
        """Whether the rows are no longer as the page has shown them."""
        return self.data.get("shown") != self.state

    def take(self, row: Any, by: Any) -> None:
        """Takes the decision on one row and queues the mail."""
        if not self.decision.template:
            return self.decision.take(row, by, "")
        language = row.language  # as on the page: the step may read the row again
        field: Any = self.fields[language]
        text = self.cleaned_data[language]
        if len(self.rows) > 1:
            text = f"{greeting(row, row.name if row.address_confirmed else '')}\n\n{text}"
        self.decision.take(row, by, text)
        context = {"subject": field.subject, "text": text, "submission": row}
        return mail_to_person(row.normalised_email, self.mail_template, language, context)


def greeting(row: Any, name: str) -> str:
    """“Hello” in the language of the row, with the name if there is one."""
    with override(row.language):
        hello = gettext("Hello")
        return f"{hello} {name}".strip()


def end_of_mail(row: Any, mail_template: str) -> str:
    """What the mail says after the text that staff write; the person's own link is not shown to staff."""
    return rendered(mail_template, row.language, {"submission": row, "preview": True})[1]


def fitting(decisions: Iterable[Decision], row: Any) -> list[Decision]:
    return [decision for decision in decisions if decision.fits(row)]


class NoteForm(forms.Form):
    """Adds a note for colleagues and changes nothing else."""

    note = ParagraphField(
        label=_("New note"),
        max_length=2000,
        widget=forms.Textarea({"rows": 3, "class": "vLargeTextField"}),
        help_text=_("For colleagues. The person may read it too: it is part of what is held about them."),
    )
