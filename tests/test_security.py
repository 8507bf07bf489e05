"""What SECURITY.md and deploy/asvs.csv lean on is there: a pointer to nothing would prove nothing."""

import ast
import csv

import pytest

from tests.running import ROOT

#: Pitfalls met before this site was built (their numbers are those of our notes), and what keeps us out of each.
PITFALLS = {
    "2.1 content types that Django answers with 500": (
        "tests/test_hostile_bytes.py::test_known_killers_are_refused_on_every_path"
    ),
    "2.2 a referrer policy that spoils Origin": 'website/settings.py: SECURE_REFERRER_POLICY = "same-origin"',
    "2.3 stray cookies that set cookies": "tests/test_every_page.py::test_sent_cookies_change_no_byte_and_set_nothing",
    "2.4 slow connections": "tests/test_nginx.py::test_three_hundred_slow_connections_leave_other_readers_alone",
    "2.5 nginx's inherited headers and small buffers": (
        "deploy/nginx.conf: proxy_buffer_size 16k; "
        "tests/test_nginx.py::test_in_every_situation_readers_get_the_same_pages_with_the_same_headers"
    ),
    "2.6 mail inside a transaction": (
        "tests/test_network.py::test_a_mail_server_that_is_down_does_not_hold_up_the_form; "
        "tests/test_network.py::test_mails_go_one_at_a_time_so_that_a_killed_sender_repeats_one_at_most"
    ),
    "2.7 addresses that no mail reaches": (
        "tests/test_network.py::test_bad_input_gets_an_error_at_its_field_and_keeps_what_was_typed"
    ),
    "2.8 mail sent by the view": "tests/test_network.py::test_a_request_and_its_mail_are_stored_together_or_not_at_all",
    "2.9 links from the Host header": (
        "website/settings.py: the Host header is never trusted for it; "
        "tests/test_nginx.py::test_static_files_and_refusals_have_their_headers"
    ),
    "2.10 forged forwarding headers": (
        "tests/test_nginx.py::test_a_visitors_own_forwarding_headers_and_cookies_change_nothing; "
        "tests/test_accounts.py::test_a_forged_address_does_not_escape_the_lock"
    ),
    "2.11 language by cookie or header": (
        "tests/test_every_page.py::test_the_accept_language_header_decides_nothing_but_the_root"
    ),
    "2.12 jQuery UI from elsewhere": "never: the tabbed admin of modeltranslation is not used; TabbedTranslationAdmin",
    "2.13 what the cleaner lets through": "tests/test_publishing.py::test_rich_text_keeps_a_short_list_of_marks",
    "2.14 static files for any origin": "website/settings.py: WHITENOISE_ALLOW_ALL_ORIGINS = False",
    "2.15 a full disk": (
        "tests/test_press.py::test_without_room_on_the_disk_the_new_edition_is_served_from_memory; "
        "tests/test_nothing_lost.py::test_whatever_breaks_nothing_thanked_for_is_lost_or_doubled"
    ),
    "2.16 state kept in one worker": "tests/test_accounts.py::test_deactivation_ends_the_session_at_once",
    "2.17 changing SECRET_KEY, debugging": (
        "website/settings.py: SECRET_KEY_FALLBACKS; tests/test_project.py::test_debugging_cannot_be_switched_on"
    ),
    "2.18 answers that tell by their work": (
        "tests/test_correspondence.py::test_a_known_address_costs_the_same_statements_as_a_new_one"
    ),
    "2.19 a warning for each HEAD": "website/wsgi.py: def head_like_get",
    "2.20 input that becomes a query; NUL": (
        "tests/test_editing.py::test_made_up_numbers_find_nothing; "
        "tests/test_hostile_bytes.py::test_random_requests_break_nothing"
    ),
    "2.21 checks that cannot fail": (
        "tests/test_security.py::test_a_pointer_to_nothing_is_noticed; "
        "tests/test_hostile_bytes.py: the requests are not odd enough to mean anything"
    ),
}


def items():
    with open(ROOT / "deploy/asvs.csv", newline="") as file:
        return {row["id"]: row["pointer"] for row in csv.DictReader(file)}


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
            test in functions(path) if test else bool(anchor) and anchor in path.read_text(encoding="utf-8")
        )
        if not there:
            wrong.append(pointer)
    return wrong


def test_every_item_of_the_standard_that_applies_is_listed_once():
    with open(ROOT / "deploy/asvs.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(items()) == 174


def test_every_item_is_shown_by_something_that_is_there_or_says_why_it_is_open():
    wrong = {}
    for item, pointer in items().items():
        if pointer.startswith("open: "):
            if len(pointer) < len("open: a reason"):
                wrong[item] = pointer
        elif missing := leads_nowhere(pointer):
            wrong[item] = missing
    assert wrong == {}


def test_every_pitfall_is_numbered_once():
    assert [name.split()[0] for name in PITFALLS] == [f"2.{number}" for number in range(1, 22)]


@pytest.mark.parametrize("pitfall", PITFALLS)
def test_what_keeps_us_out_of_each_pitfall_is_there(pitfall):
    pointer = PITFALLS[pitfall]
    if not pointer.startswith("never: "):
        assert leads_nowhere(pointer) == []
        return
    # "never: why; word": the word that would bring it stands in no file of ours.
    word = pointer.rsplit("; ", 1)[1]
    rooms = ("website", "declaration", "network", "opsi", "contacts")
    assert [str(path) for room in rooms for path in ROOT.joinpath(room).rglob("*.py") if word in path.read_text()] == []


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
