"""The public forms as a person fills them in, and the mails that follow."""

import re
from urllib.parse import urlencode

from django.core import mail as sent
from django.db import connection

from network.models import JoinRequest
from tests.markup import Markup
from website.mail import sender

FORM = {"fi": "/fi/verkosto/liity/", "sv": "/sv/natverk/anmal-dig/", "en": "/en/network/join/"}
URLENCODED = "application/x-www-form-urlencoded"
ANSWERS = {
    "name": "Maija Meikäläinen",
    "email": "maija@vm.example",
    "organisation": "Valtiokonttori",
    "organisation_type": "agency",
    "language": "fi",
    "title": "Kehittämispäällikkö",
    "interests": ["1", "3"],
    "description": "Kokeilu alkoi keväällä.\r\nSe jatkuu.",
    "remark": "",
}


def send(client, page="fi", *, headers=None, **changes):
    """Posts the form as a browser does."""
    body = urlencode(ANSWERS | changes, doseq=True)
    return client.post(FORM[page], body, content_type=URLENCODED, headers=headers)


def the_request():
    return JoinRequest.objects.get()


def deliver():
    """Sends what is due and returns it."""
    before = len(sent.outbox)
    sender.send_due()
    return sent.outbox[before:]


def link_in(message):
    """The path of the link to press a button behind."""
    return re.search(r"^http://testserver(/\S+/[\w-]{43}/)$", message.body, re.MULTILINE)[1]


def asked(client, **changes):
    """A request was sent and its mail has come: the link in it."""
    assert send(client, **changes).status_code == 303
    return link_in(deliver()[-1])


def press(client, link):
    """Opens the page behind a link and presses its button, where it has one."""
    buttons = Markup(client.get(link).content.decode()).all("button", name="shown")
    return client.post(link, {button["name"]: button["value"] for button in buttons})


def correct(client, path, **changes):
    """Opens the page on which a person corrects their request, and sends it with changes."""
    shown = Markup(client.get(path).content.decode()).one("input", name="shown")["value"]
    return client.post(path, ANSWERS | {"shown": shown} | changes)


def everything_stored():
    """Every value in every table, as one text."""
    with connection.cursor() as cursor:
        values = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            values.extend(repr(row) for row in cursor.fetchall())
    return "\n".join(values)


NASTY = [
    "",
    " ",
    "\x00",
    "\r\n",
    "%00",
    "\ud800",
    "\u202e",
    "\ufeff",
    "\U0010ffff",
    "a" * 5000,
    "é" * 300,
    "😀" * 120,
    "'; DROP TABLE network_joinrequest; --",
    "<script>alert(1)</script>",
    "{{ settings.SECRET_KEY }}",
    "{% debug %}",
    "../../etc/passwd",
    "-1",
    "1e309",
    "٣",
    "NaN",
    "fi",
    "agency",
    "a@b.fi",
    "a@b.fi\nBcc: c@d.fi",
    "a@" + "b" * 250 + ".fi",
    "İ@İ.fi",
    "ß@ß.fi",
    "a@\u2488.fi",
]
FEEDBACK = {"fi": "/fi/palaute/", "sv": "/sv/respons/", "en": "/en/feedback/"}
ASK = {"fi": "/fi/omat-tiedot/", "sv": "/sv/egna-uppgifter/", "en": "/en/your-data/"}
WORDS = {
    "kind": "accessibility",
    "page": "/en/network/",
    "message": "The button cannot be reached with the keyboard.",
    "name": "Aino Äijälä",
    "email": "aino@vm.example",
    "remark": "",
}


def give(client, language="en", **changes):
    return client.post(FEEDBACK[language], WORDS | changes)


def own_link(message):
    """The path of the person's own page in a mail."""
    return re.search(r"http://testserver(/\w\w/(?:omat-tiedot|egna-uppgifter|your-data)/[\w-]{43}/)", message.body)[1]


def members_link(client, **changes):
    press(client, asked(client, **changes))
    send(client, **changes)
    return own_link(deliver()[-1])


REQUEST = {
    "name": "Aino Esimerkki",
    "email": "aino.esimerkki@example.fi",
    "organisation": "Esimerkkivirasto",
    "organisation_type": "agency",
    "language": "sv",
    "title": "Kehittäjä",
    "description": "Kokeilemme uutta.",
}


def typed(markup):
    """What a form's page holds in its fields."""
    held = dict.fromkeys(ANSWERS, "") | {"interests": []}
    for control in markup.all("input", "textarea"):
        name = control["name"]
        if control.tag == "textarea":
            # A browser leaves out the first line break, and sends others as two characters.
            held[name] = "".join(control.pieces).removeprefix("\r\n").removeprefix("\n")
        elif control["type"] == "checkbox":
            held[name] += [control["value"]] if control["checked"] is not None else []
        elif control["type"] == "radio":
            held[name] = control["value"] if control["checked"] is not None else held[name]
        else:
            held[name] = control["value"] or ""
    return held
