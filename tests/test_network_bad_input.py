"""What the form of the network says to bad input, and what it and that of feedback say to what no browser sends."""

import random
import re
from itertools import cycle
from urllib.parse import quote, urlencode

import pytest
from django.utils.translation import gettext, override

from contacts.models import Message
from network.models import JoinRequest
from tests.conftest import LANGUAGES
from tests.forms import ANSWERS, FEEDBACK, FORM, NASTY, URLENCODED, WORDS, deliver, send, typed
from tests.markup import Markup
from website.mail.models import Mail

pytestmark = pytest.mark.django_db


# --- Bad input ------------------------------------------------------------------------------------------------------

UNDELIVERABLE = [
    "maija",
    "maija@localhost",
    "maija@[127.0.0.1]",
    "maija@[IPv6:::1]",
    "maija@127.0.0.1",
    f"{'a' * 65}@vm.example",
    f"{'a' * 60}@{'b.' * 97}fi",
    "=?utf-8?q?maija?=@vm.example",
    "äiti@vm.example",
    "maija@" + "ä" * 64 + ".fi",
    f"{'a' * 60}@{'ä.' * 30}fi",  # short to read; 303 characters as mail servers write it
    "maija@-vm.example",
    "maija@vm..example",
    "maija@.example",
    "maija@xn--.example",
    "maija@vm.example.",
    '"maija m"@vm.example',
    "maija@vm.example, pentti@vm.example",
    "Maija <maija@vm.example>",
    "maija@vm.example\r\nBcc: everybody@vm.example",
    "maija@vm.example\x00",
    "maija@@vm.example",
    "@vm.example",
    "maija@",
]

BAD = [
    *(("email", address) for address in UNDELIVERABLE),
    ("email", ""),
    ("name", ""),
    ("name", "   "),
    ("name", "x" * 101),
    ("name", "Maija\x00"),
    ("name", "Maija\x1b[31m"),
    ("name", "\u202e\u200b\u3164"),
    ("organisation", ""),
    ("organisation", "x" * 151),
    ("title", "x" * 101),
    ("title", "a\x07b"),
    ("organisation_type", ""),
    ("organisation_type", "bank"),
    ("language", "ru"),
    ("language", ""),
    ("interests", ["6"]),
    ("interests", ["1", "x"]),
    ("interests", "1' OR '1'='1"),
    ("description", "x" * 1001),
    ("description", "a\x00b"),
    ("description", "a\x1bb"),
    ("description", "😀" * 1001),
    ("description", "x" * 900_000),
]


@pytest.mark.parametrize(
    "language, field, value",
    [(language, *bad) for language, bad in zip(cycle(LANGUAGES), BAD)],
    ids=lambda value: ascii(value)[:40],
)
def test_bad_input_gets_an_error_at_its_field_and_keeps_what_was_typed(client, language, field, value):
    answer = send(client, language, **{field: value})
    assert answer.status_code == 422
    assert not JoinRequest.objects.exists() and not Mail.objects.exists()
    markup = Markup(answer.content.decode())
    (error,) = markup.all("div", class_="error")
    assert error["id"] == f"id_{field}_error"
    control = markup.all("input", "textarea", name=field)[0]
    described = " ".join(e["aria-describedby"] or "" for e in (control, *control.above) if e.tag != "div")
    assert error["id"] in described.split()
    summary = markup.one("div", class_="summary")
    targets = [e["href"].removeprefix("#") for e in markup.all("a") if summary in e.above]
    assert {target.removesuffix("_0") for target in targets} == {f"id_{field}"}
    kept, expected = typed(markup), ANSWERS | {field: value}
    if field in ("organisation_type", "language", "interests"):
        del kept[field], expected[field]  # what is no choice cannot be shown as chosen
    assert {name: text for name, text in kept.items() if name != field} == {
        name: text for name, text in expected.items() if name != field
    }
    if field in kept and "\x00" not in value:  # which HTML cannot hold
        assert kept[field] == value


@pytest.mark.parametrize("language", LANGUAGES)
def test_errors_are_in_the_language_of_the_page_and_name_the_limit(client, language):
    answer = send(client, language, name="x" * 101, email="maija@example..fi", organisation="", title="a\x07")
    errors = {e["id"]: e.text for e in Markup(answer.content.decode()).all("div", class_="error")}
    with override(language):
        wanted = {
            "id_email_error": gettext("Enter the e-mail address in the format name@example.fi"),
            "id_title_error": gettext("Part of this is not text. Paste it as plain text, or write it again."),
            "id_organisation_error": gettext("Enter the name of your organisation"),
        }
        word = gettext("Error:")
    assert "100" in errors.pop("id_name_error")
    assert errors == {name: f"{word} {text}" for name, text in wanted.items()}
    if language != "en":
        assert not set(wanted.values()) & {
            "Enter the e-mail address in the format name@example.fi",
            "Part of this is not text. Paste it as plain text, or write it again.",
            "Enter the name of your organisation",
        }


RAW = {
    "a lone surrogate": (b"name=%ED%A0%80", 422),
    "a byte that is no letter": (b"name=%ff%fe", 422),
    "half an escape": (b"name=%&email=%4", 422),
    "raw bytes": (b"name=\xff\x00\xfe&\x00=\x00", 422),
    "nothing": (b"", 422),
    "only separators": (b"&&&===;;;", 422),
    "the same field many times": (b"name=a&" * 150, 422),
    "too many fields": (b"a=b&" * 1500, 400),
    "too many bytes": (b"name=" + b"x" * 1_100_000, 400),
    "many choices": (b"interests=1&" * 190, 422),
}


@pytest.mark.parametrize("body, status", RAW.values(), ids=RAW)
def test_bodies_that_no_browser_sends_are_answered_in_words(client, body, status):
    answer = client.post(FORM["sv"], body, content_type=URLENCODED)
    assert answer.status_code == status
    markup = Markup(answer.content.decode())
    assert markup.one("html")["lang"] == "sv"
    assert markup.one("h1").text


@pytest.mark.parametrize("field", ["name", "organisation", "title", "description"])
def test_bytes_that_are_no_text_are_not_stored_as_question_marks(client, field):
    body = urlencode({k: v for k, v in ANSWERS.items() if k != field}, doseq=True) + f"&{field}=Maija%ED%A0%80"
    assert client.post(FORM["fi"], body, content_type=URLENCODED).status_code == 422


#: Of each form: its addresses, what is sent, where it is stored, the field of several lines, how many are sent.
FUZZED = {
    "join": (FORM, {k: v for k, v in ANSWERS.items() if k != "interests"}, JoinRequest, "description", 300),
    "feedback": (FEEDBACK, WORDS, Message, "message", 400),
}


@pytest.mark.parametrize("addresses, fields, model, text, number", FUZZED.values(), ids=FUZZED)
def test_hundreds_of_random_bad_submissions_never_break_a_form(
    client, settings, one_edition, addresses, fields, model, text, number
):
    settings.REQUESTS_PER_SITE_PER_HOUR = 10_000
    chance = random.Random(20261123)
    taken = set()
    for _ in range(number):  # `make soak` sends them for minutes
        pairs = list(fields.items())
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(pairs))
            name = chance.choice([*fields, "interests", "\x00", "name[]", "csrfmiddlewaretoken"])
            value = "".join(chance.choice(NASTY) for _ in range(chance.randint(1, 2)))
            pairs[place : place + chance.randint(0, 1)] = [(name, value)]
        body = "&".join(f"{quote(k)}={quote(v, errors='surrogatepass')}" for k, v in pairs)
        language = chance.choice(LANGUAGES)
        answer = client.post(addresses[language], body, content_type=URLENCODED)
        assert answer.status_code in (303, 400, 422), body
        if answer.status_code == 303:
            taken.add(model.objects.order_by("-pk").first().pk)
        elif answer.status_code == 422:
            page = answer.content.decode()
            assert f'<html lang="{language}">' in page and 'class="error"' in page, body
            (typed,) = [value for name, value in pairs if name == text][-1:] or [""]
            if not re.search("[\x00\ud800\r\n]", typed):  # HTML cannot hold these as they are
                assert typed in "".join(Markup(page).one("textarea", name=text).pieces), body
    for row in model.objects.all():
        stored = [
            re.sub(r"[\r\n\t]", "", getattr(row, text)),
            *(getattr(row, k) for k in fields.keys() - {text, "remark"}),
        ]
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]", "".join(stored))
    # What was taken can be mailed, and the rest left no trace.
    assert model.objects.count() == len(taken)
    waiting = Mail.objects.count()
    assert len(deliver()) == waiting
