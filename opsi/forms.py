"""When a call opens and closes: a day, and a time of day with its zone where one is announced."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from opsi.models import CLOSES_TOO_EARLY, Call
from website.publishing.admin.form_layout import TimeInput
from website.publishing.forms import DraftForm

#: The OECD announces the time of Paris.
ZONES = [(settings.TIME_ZONE, _("Helsinki")), ("Europe/Paris", "CET/CEST")]
KEPT = _("Saved as Finnish time: 23:59 CET becomes 0:59 of the next day.")


class TimeInZone(forms.MultiWidget):
    """A time of day and the zone it is announced in. A moment is shown in Finnish time."""

    def __init__(self, time, zone):
        """`time` and `zone` are the names of the two, each heard alone."""
        super().__init__([TimeInput({"aria-label": time}), forms.Select({"aria-label": zone}, choices=ZONES)])

    def decompress(self, value):
        return [timezone.localtime(value).time() if isinstance(value, datetime) else None, settings.TIME_ZONE]


class TimeInZoneField(forms.MultiValueField):
    def __init__(self, **options):
        parts = forms.TimeField(required=False), forms.ChoiceField(choices=ZONES, required=False)
        super().__init__(parts, require_all_fields=False, required=False, **options)

    def compress(self, data_list):
        """A pair of a time and a zone, or None without a time."""
        return tuple(data_list) if data_list and data_list[0] is not None else None


class CallForm(DraftForm):
    """Day and time are fields of their own; the model has a moment, or a day where no time is known."""

    opens = TimeInZoneField(
        label=_("Time of opening, where one is announced"),
        help_text=KEPT,
        widget=TimeInZone(_("Time of opening"), _("Time zone of opening")),
    )
    closes = TimeInZoneField(
        label=_("Time of closing, where one is announced"),
        help_text=KEPT,
        widget=TimeInZone(_("Time of closing"), _("Time zone of closing")),
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for name, help_text in (("opens", ""), ("closes", _("Without a time it ends with that day in Finland."))):
            if f"{name}_on" in self.fields:  # not where one may only look
                self.fields[f"{name}_on"].help_text = help_text
            if moment := self.initial.get(name):
                self.initial[f"{name}_on"] = timezone.localdate(moment)

    def clean(self):
        cleaned = super().clean()
        for name in ("opens", "closes"):
            day, time = cleaned.get(f"{name}_on"), cleaned.get(name)
            if isinstance(time, datetime):  # a colleague's, taken over
                cleaned[f"{name}_on"] = None
            elif time and day:
                zone = ZoneInfo(time[1] or settings.TIME_ZONE)
                moment = datetime.combine(day, time[0], zone)
                if moment.astimezone(UTC).astimezone(zone).time() != time[0]:
                    self.add_error(name, _("This time does not exist on that day: the clocks are put forward."))
                    continue
                cleaned[name], cleaned[f"{name}_on"] = moment, None
            elif time and f"{name}_on" not in self.errors:
                self.add_error(f"{name}_on", _("A time needs its day."))
            if time and not day:
                cleaned[name] = None
        dates = Call(**{name: cleaned.get(name) for name in ("opens", "opens_on", "closes", "closes_on")})
        if dates.beginning and dates.end and dates.end <= dates.beginning:
            self.add_error("closes_on", CLOSES_TOO_EARLY)
        return cleaned
