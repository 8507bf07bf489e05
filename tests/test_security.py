"""What SECURITY.md and deploy/asvs.csv lean on is there: a pointer to nothing would prove nothing."""

import ast
import csv
import hashlib
import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import warnings
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

import pytest
from django.core.exceptions import ValidationError
from django.core.mail.backends.smtp import EmailBackend
from django.utils.html import escape

from declaration.models import Declaration
from opsi.models import Call
from tests.forms import ANSWERS, FORM, URLENCODED, deliver, send, the_request
from tests.running import NGINX, ROOT, RunningSite, free_port, until
from tests.test_nginx import (
    needs_nginx,
    nginx,  # noqa: F401  a fixture
)
from website.checks import encrypted_lines
from website.pages.models import Notice, Page
from website.publishing import versions, workflow

APPS = ("website", "declaration", "network", "opsi", "contacts")

#: Pitfalls met before this site was built, and what keeps us out of each.
PITFALLS = {
    "content types that Django answers with 500": (
        "tests/test_hostile_bytes.py::test_known_killers_are_refused_on_every_path"
    ),
    "a referrer policy that spoils Origin": 'website/settings.py: SECURE_REFERRER_POLICY = "same-origin"',
    "stray cookies that set cookies": "tests/test_every_page.py::test_sent_cookies_change_no_byte_and_set_nothing",
    "slow connections": "tests/test_nginx.py::test_three_hundred_slow_connections_leave_other_readers_alone",
    "nginx's inherited headers and small buffers": (
        "deploy/nginx.conf: proxy_buffer_size 16k; "
        "tests/test_nginx.py::test_in_every_situation_readers_get_the_same_pages_with_the_same_headers"
    ),
    "mail inside a transaction": (
        "tests/test_network.py::test_a_mail_server_that_is_down_does_not_hold_up_the_form; "
        "tests/test_mail.py::test_the_claim_is_committed_before_the_mail_leaves"
    ),
    "addresses that no mail reaches": (
        "tests/test_network_bad_input.py::test_bad_input_gets_an_error_at_its_field_and_keeps_what_was_typed"
    ),
    "mail sent by the view": "tests/test_network.py::test_a_request_and_its_mail_are_stored_together_or_not_at_all",
    "links from the Host header": (
        "tests/test_passwords.py::test_a_forgotten_password_is_changed_by_a_mail_in_the_language_of_the_page; "
        "tests/test_nginx.py::test_static_files_and_refusals_have_their_headers"
    ),
    "forged forwarding headers": (
        "tests/test_nginx.py::test_a_visitors_own_forwarding_headers_are_overwritten; "
        "tests/test_accounts.py::test_a_forged_address_does_not_escape_the_lock; "
        "deploy/systemd/innovaatiojulistus-web.socket: ListenStream=/run"
    ),
    "language by cookie or header": (
        "tests/test_addresses.py::test_the_accept_language_header_decides_nothing_but_the_root"
    ),
    "jQuery UI from elsewhere": "never: the tabbed admin of modeltranslation is not used; TabbedTranslationAdmin",
    "what the cleaner lets through": "tests/test_text.py::test_rich_text_keeps_a_short_list_of_marks",
    "static files for any origin": "tests/test_every_page.py::test_every_answer_has_the_headers_that_guard_it",
    "a full disk": (
        "tests/test_prerender.py::test_on_a_full_disk_readers_keep_the_edition_before_and_it_is_told; "
        "tests/test_nothing_lost.py::test_whatever_breaks_nothing_thanked_for_is_lost_or_doubled"
    ),
    "state kept in one worker": "tests/test_colleagues.py::test_deactivation_ends_the_session_at_once",
    "changing SECRET_KEY, debugging": (
        "SECURITY.md: SECRET_KEY_FALLBACKS; "
        "tests/test_local.py::test_a_public_address_refuses_debugging_and_makes_up_no_key; "
        "tests/test_project.py::test_a_required_setting_is_named_when_it_is_missing"
    ),
    "answers that tell by their work": (
        "tests/test_correspondence.py::test_a_known_address_costs_the_same_statements_as_a_new_one"
    ),
    "a warning for each HEAD": "tests/test_every_page.py::test_head_answers_like_get_without_the_page",
    "input that becomes a query; NUL": (
        "tests/test_history.py::test_made_up_numbers_find_nothing; "
        "tests/test_hostile_bytes.py::test_random_requests_break_nothing"
    ),
    "checks that cannot fail": (
        "tests/test_security.py::test_a_pointer_to_nothing_is_noticed; "
        "tests/test_hostile_bytes.py: the requests are not odd enough to mean anything"
    ),
}


def items():
    with open(ROOT / "deploy/asvs.csv", newline="", encoding="utf-8") as file:
        return [(row["id"], row["pointer"]) for row in csv.DictReader(file)]


def functions(path):
    return {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}


def leads_nowhere(pointers):
    """Those of the pointers that name no test and no text of the tree."""
    wrong = []
    for pointer in pointers.split("; "):
        name, test, anchor = pointer, None, None
        if "::" in pointer:
            name, test = pointer.split("::", 1)
        elif ": " in pointer:
            name, anchor = pointer.split(": ", 1)
        path = ROOT / name
        there = path.is_file() and (
            test in functions(path) if test else bool(anchor) and anchor in " ".join(path.read_text("utf-8").split())
        )
        if not there:
            wrong.append(pointer)
    return wrong


#: Which items of ASVS 5.0, levels 1 and 2, apply was settled beforehand: their names in order, as one hash.
APPLY = "0c867e0952927ad50ff89239f3844889f2ce98ae10af137aa06437d1bccc0144"


def test_every_item_of_the_standard_that_applies_is_listed_once():
    names = [name for name, _pointer in items()]
    assert (len(names), hashlib.sha256(" ".join(names).encode()).hexdigest()) == (174, APPLY)


def test_every_item_is_shown_by_a_test_or_a_document_that_is_there():
    # A line of a program shows nothing: it may be there and do something else.
    assert {name: pointer for name, pointer in items() if re.search(r"\.py: |(^|; )open", pointer)} == {}
    assert {name: missing for name, pointer in items() if (missing := leads_nowhere(pointer))} == {}


@pytest.mark.parametrize("pitfall", PITFALLS)
def test_what_keeps_us_out_of_each_pitfall_is_there(pitfall):
    pointer = PITFALLS[pitfall]
    if not pointer.startswith("never: "):
        assert leads_nowhere(pointer) == []
        return
    # "never: why; word": the word that would bring it stands in no file of ours.
    word = pointer.rsplit("; ", 1)[1]
    assert [str(path) for app in APPS for path in ROOT.joinpath(app).rglob("*.py") if word in path.read_text()] == []


@pytest.mark.parametrize(
    "pointer",
    [
        "tests/test_security.py::test_that_nobody_wrote",
        "tests/test_nowhere.py::test_anything",
        "website/settings.py: DEBUG = True",
        "website/nowhere.py: DEBUG",
        "website/settings.py",
        "",
    ],
)
def test_a_pointer_to_nothing_is_noticed(pointer):
    assert leads_nowhere(pointer) == [pointer]


# --- A new installation as production would have it -----------------------------------------------------------------
SEEN = """
import json
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
people = get_user_model().objects.count()
user = get_user_model().objects.create_superuser("anna", "anna@example.fi", "seven grey herons at sea")
client = Client(headers={"host": "site.example"})
answers = {p: client.get(p, secure=True) for p in ("/fi/", "/fi/hallinta/login/", "/nothing", "/static/img/none.svg")}
posted = {"username": "anna", "password": "seven grey herons at sea"}
signed_in = client.post("/fi/hallinta/login/", posted, secure=True)
print(json.dumps({
    "people": people,
    "password": user.password,
    "sts": [r.headers.get("Strict-Transport-Security", "") for r in answers.values()],
    "cookies": [m.OutputString() for r in (signed_in, *answers.values()) for m in r.cookies.values()],
    "plain": [(r.status_code, r.headers["Location"]) for r in [client.get("/fi/hallinta/login/?x")]],
    "keys": [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS],
}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A site with an https address, made ready as deploy/README.md says."""
    site = RunningSite(tmp_path_factory.mktemp("installed"))
    site.environment |= {"SITE_URL": "https://site.example", "SECOND_FACTOR_REQUIRED": "true"}
    site.prepare()
    return site


@pytest.fixture(scope="module")
def seen(installed):
    return json.loads(installed.manage("shell", code=SEEN).splitlines()[-1])


def test_a_new_installation_has_no_account(seen):
    assert seen["people"] == 0


def test_cookies_stay_on_this_host_on_encrypted_lines_and_out_of_scripts(seen):
    names = set()
    for cookie in seen["cookies"]:
        name, *flags = [part.strip() for part in cookie.split(";")]
        names.add(name.split("=")[0])
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} == {
            f for f in flags if not re.match("expires|Max-Age", f)
        }
    assert names == {"__Host-session", "__Host-csrf"}


def test_browsers_are_told_to_come_back_encrypted(seen):
    assert set(seen["sts"]) == {"max-age=63072000; includeSubDomains; preload"}
    assert seen["plain"] == [[301, "https://site.example/fi/hallinta/login/?x"]]


def test_passwords_are_kept_with_scrypt_as_owasp_measures_it(seen):
    name, work, salt, block_size, parallel, _hash = seen["password"].split("$")
    assert (name, int(work) >= 2**14, int(block_size), int(parallel) >= 5) == ("scrypt", True, 8, True)
    assert len(salt) >= 22  # 128 bits


def test_the_key_that_signs_is_the_installation_s_own(seen, installed):
    assert seen["keys"] == [installed.environment["SECRET_KEY"]]


@needs_nginx
@pytest.mark.once
def test_nginx_speaks_tls_1_2_and_1_3_with_forward_secrecy_alone(installed, tmp_path):
    port, plain = free_port(), free_port()
    key = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    key += ["-subj", "/CN=site.example", "-keyout", tmp_path / "privkey.pem", "-out", tmp_path / "fullchain.pem"]
    subprocess.run(key, check=True, capture_output=True)
    options = {
        "--listen": f"127.0.0.1:{port}",
        "--certificate": tmp_path,
        "--log": tmp_path,
        "--upstream": "127.0.0.1:9",
    }
    printed = installed.manage("deploy_config", "nginx", *(str(part) for pair in options.items() for part in pair))
    (tmp_path / "site.conf").write_text(printed.replace("listen 80;", f"listen 127.0.0.1:{plain};"))
    user = "user root;" if os.getuid() == 0 else ""
    (tmp_path / "nginx.conf").write_text(NGINX.format(folder=tmp_path, user=user))
    running = subprocess.Popen(["nginx", "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)])
    try:
        until(lambda: shaken(port, maximum=ssl.TLSVersion.TLSv1_2))
        assert shaken(port)[0] == "TLSv1.3"
        version, cipher = shaken(port, maximum=ssl.TLSVersion.TLSv1_2)
        assert version == "TLSv1.2" and cipher.startswith("ECDHE-") and ("GCM" in cipher or "POLY1305" in cipher)
        weak = ("ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "AES128-GCM-SHA256")
        assert not any(shaken(port, maximum=ssl.TLSVersion.TLSv1_2, ciphers=cipher) for cipher in weak)
        assert not shaken(port, maximum=ssl.TLSVersion.TLSv1_1, ciphers="ALL:@SECLEVEL=0")
        assert not shaken(port, host="elsewhere.example")
        connection = http.client.HTTPConnection("127.0.0.1", plain, timeout=30)
        connection.request("GET", "/fi/?x", headers={"Host": "site.example"})
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Location"]) == (301, "https://site.example/fi/?x")
        connection.close()
        connection.request("GET", "/fi/", headers={"Host": "elsewhere.example"})
        with pytest.raises(http.client.RemoteDisconnected):
            connection.getresponse()
    finally:
        running.terminate()
        running.wait(timeout=30)


def shaken(port, host="site.example", maximum=ssl.TLSVersion.TLSv1_3, ciphers="DEFAULT"):
    """Version and cipher that were agreed on, or nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old versions are asked for on purpose
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, maximum
    context.set_ciphers(ciphers)
    try:
        line = socket.create_connection(("127.0.0.1", port), timeout=30)
        with context.wrap_socket(line, server_hostname=host) as encrypted:
            return encrypted.version(), encrypted.cipher()[0]
    except OSError:
        return None


def test_lines_that_leave_the_machine_are_encrypted_to_somebody_who_is_known(settings):
    settings.EMAIL_HOST = "mail.example"
    settings.DATABASES = {
        "default": settings.DATABASES["default"] | {"HOST": "db.example", "OPTIONS": {"sslmode": "require"}}
    }
    assert [warning.id for warning in encrypted_lines()] == ["website.W1", "website.W2"]
    settings.EMAIL_USE_TLS = True
    settings.DATABASES["default"]["OPTIONS"]["sslmode"] = "verify-full"
    assert list(encrypted_lines()) == []
    context = EmailBackend(use_tls=True).ssl_context
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


# --- What nginx answers to questions that no browser asks -----------------------------------------------------------
@needs_nginx
@pytest.mark.once
def test_nginx_neither_traces_nor_lists_nor_serves_what_lies_beside(nginx):  # noqa: F811
    assert nginx.ask("/fi/", "TRACE")[0] == 405
    for path in ("/static/", "/static/css/", "/static/css", "/-errors/", "/fi/..%2f..%2fmanifest.json", "/.git/config"):
        status, _headers, body = nginx.get(path)
        assert status in (301, 400, 403, 404), path
        assert b"Index of" not in body and b".css<" not in body
    sheet = re.search(rb'href="(/static/css/site[^"]+)"', nginx.get("/fi/")[2])[1].decode()
    kinds = {"/fi/": "text/html", "/robots.txt": "text/plain", sheet: "text/css"}
    kinds |= {"/sv/kontakt/1.vcf": "text/vcard", "/en/opsi/calls.ics": "text/calendar"}
    for path, kind in kinds.items():
        assert nginx.get(path)[1]["content-type"] == f"{kind}; charset=utf-8"


AMBIGUOUS = [
    "Content-Length: 9\r\nContent-Length: 0",
    "Content-Length: 9\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    "Transfer-Encoding: xchunked",
    "Content-Length: +9",
    "Content-Length: 9, 9",
    "Content-Length : 9",
]


@needs_nginx
@pytest.mark.once
def test_a_request_with_two_lengths_is_one_request_and_refused(nginx):  # noqa: F811
    """Else the end of one visitor's request would be the beginning of another's."""
    host = urlsplit(nginx.site.url).netloc
    smuggled = f"GET /robots.txt HTTP/1.1\r\nHost: {host}\r\n\r\n"
    for lengths in AMBIGUOUS:
        asked = f"POST /fi/palaute/ HTTP/1.1\r\nHost: {host}\r\n{lengths}\r\n\r\n0\r\n\r\n{smuggled}"
        with socket.create_connection(("127.0.0.1", nginx.port), timeout=30) as line:
            line.sendall(asked.encode())
            line.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda line=line: line.recv(65536), b""))
        assert re.match(rb"HTTP/1.1 (400|501) ", answer), (lengths, answer[:80])
        assert b"Sitemap:" not in answer


# --- What people write stays what it is -----------------------------------------------------------------------------
ODD = "%s %(name)s %n {0.__class__} {{ 7|add:7 }} {% now 'Y' %} ${HOME} &lt;b&gt; %3Ci%3E &amp;amp;"


@pytest.mark.django_db
def test_what_looks_like_a_template_a_format_or_a_code_stays_text(client, signed_in, coordinator, publisher):
    answers = {"name": ODD, "organisation": ODD, "title": ODD, "description": ODD}
    message = (send(client, **answers), deliver()[-1])[1]
    assert ODD not in message.body  # nothing that was typed is mailed to an address that nobody has confirmed
    row = the_request()
    assert {name: getattr(row, name) for name in answers} == answers
    shown = [
        client.get(f"/fi/verkosto/vahvista/{re.search('vahvista/([^/]+)/', message.body)[1]}/"),
        signed_in(coordinator).get("/fi/hallinta/network/joinrequest/"),
        client.get(f"/fi/hallinta/network/joinrequest/{row.pk}/change/"),
        client.post("/fi/hallinta/publishing/publication/search/", {"q": ODD}, follow=True),
    ]
    page = Page.objects.get(pk="network")
    page.title_fi = page.lead_fi = ODD
    workflow.save_draft(page)
    shown.append(signed_in(publisher).get("/fi/hallinta/publishing/publication/publish/?thing=pages.page:network"))
    workflow.publish([versions.latest_version(page)], note={"fi": ODD, "sv": ODD})
    shown += [client.get(path) for path in ("/fi/verkosto/", "/fi/muutokset/")]
    for answer in shown:
        assert answer.status_code == 200
        assert escape(ODD) in answer.content.decode(), answer.request["PATH_INFO"]


def test_no_program_of_ours_makes_a_template_of_a_text():
    """deploy_config alone does, of a file of deploy/."""
    makers = re.compile(r"from_string\(|Template\(|\beval\(|\bexec\(|render_value_in_context")
    files = [path for app in APPS for path in ROOT.joinpath(app).rglob("*.py")]
    found = {path.name for path in files if makers.search(path.read_text(encoding="utf-8"))}
    assert found == {"deploy_config.py"}


def test_no_pattern_is_made_of_a_text_that_is_not_escaped():
    loose = {}
    for path in (path for app in APPS for path in ROOT.joinpath(app).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if call and getattr(node.func.value, "id", "") == "re" and node.func.attr != "escape":
                pattern = ast.unparse(node.args[0])
                if not isinstance(node.args[0], ast.Constant) and "escape(" not in pattern:
                    loose.setdefault(path.name, []).append(pattern)
    assert loose == {}


@pytest.mark.django_db
def test_addresses_are_decoded_once(client):
    assert client.get("/fi/%76erkosto/").status_code == 200
    assert client.get("/fi/%2576erkosto/").status_code == 404


@pytest.mark.django_db
def test_parameters_count_once_and_only_where_they_belong(client):
    """Of a field that is sent twice the last one counts, everywhere; a form's address fills in no field."""
    body = urlencode([*ANSWERS.items(), ("email", "last@vm.example")], doseq=True)
    assert (
        client.post(f"{FORM['fi']}?email=query@vm.example&title=Query", body, content_type=URLENCODED).status_code
        == 303
    )
    assert [message.to for message in deliver()] == [["last@vm.example"]]
    assert (the_request().email, the_request().title) == ("last@vm.example", ANSWERS["title"])
    without = urlencode(ANSWERS | {"email": ""}, doseq=True)
    assert client.post(f"{FORM['fi']}?email=query@vm.example", without, content_type=URLENCODED).status_code == 422


MOMENT = datetime(2027, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "thing",
    [
        Call(opens=MOMENT, closes=MOMENT),
        Call(opens_on=MOMENT.date(), closes_on=MOMENT.date() - timedelta(days=1)),
        Call(closes=MOMENT, closes_on=MOMENT.date()),
        Call(opens=MOMENT, opens_on=MOMENT.date()),
        Notice(begins=MOMENT, ends=MOMENT),
        Declaration(adherents=40),
        Declaration(adherents_as_of=MOMENT.date()),
    ],
    ids=lambda thing: thing._meta.model_name,
)
@pytest.mark.django_db
def test_fields_that_contradict_each_other_are_refused(thing):
    with pytest.raises(ValidationError) as refused:
        thing.validate_constraints()
    assert len(refused.value.messages[0]) > 20


def test_the_words_that_make_no_password_are_the_documented_ones(settings):
    told = " ".join((ROOT / "SECURITY.md").read_text(encoding="utf-8").split())
    assert f"({', '.join(settings.WORDS_OF_THIS_SITE)})" in told
