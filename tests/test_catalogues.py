"""The words of the frame: complete, current and compiled, in both national languages."""

import ast
import gettext
import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.catalogues import LANGUAGES, ROOT, committed, entries, every_committed, messages, name, texts

PARTS = ("website", "declaration", "network", "opsi", "contacts")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")

each_catalogue = pytest.mark.parametrize("catalogue", every_committed(), ids=lambda path: str(path.relative_to(ROOT)))


@each_catalogue
def test_every_text_of_the_frame_is_translated(catalogue):
    missing = [entry["msgid"] for entry in messages(catalogue) if not all(texts(entry))]
    assert missing == []


def test_no_text_hides_where_gettext_does_not_look():
    """xgettext reads no calls inside f-strings: their texts would stay in English, and no catalogue would miss them."""
    hidden = []
    for path in (path for part in PARTS for path in (ROOT / part).rglob("*.py")):
        strings = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.JoinedStr))
        calls = (node for string in strings for node in ast.walk(string) if isinstance(node, ast.Call))
        words = (call for call in calls if getattr(call.func, "id", "") in ("_", "gettext", "ngettext", "pgettext"))
        hidden += [f"{path.name}:{word.lineno}" for word in words if isinstance(word.args[0], ast.Constant)]
    assert hidden == []


@each_catalogue
def test_no_catalogue_holds_what_is_no_longer_said(catalogue):
    assert "#~" not in catalogue.read_text(encoding="utf-8"), "run make messages, and delete what is obsolete"


@each_catalogue
def test_no_translation_is_a_guess(catalogue):
    assert [entry["msgid"] for entry in messages(catalogue) if "fuzzy" in entry["flags"]] == []


@each_catalogue
def test_a_translation_keeps_the_placeholders_of_its_text(catalogue):
    def placeholders(text):
        return sorted(PLACEHOLDER.findall(text))

    broken = [
        entry["msgid"]
        for entry in messages(catalogue)
        if "msgid_plural" not in entry
        and entry["msgstr"]
        and placeholders(entry["msgid"]) != placeholders(entry["msgstr"])
    ]
    assert broken == []


@each_catalogue
def test_the_compiled_catalogue_says_what_the_catalogue_says(catalogue):
    expected = {}
    for entry in entries(catalogue):
        if "fuzzy" in entry["flags"] or not all(texts(entry)):
            continue  # msgfmt leaves them out
        if "msgid_plural" in entry:
            forms = sorted(keyword for keyword in entry if keyword.startswith("msgstr["))
            expected |= {(name(entry), number): entry[form] for number, form in enumerate(forms)}
        else:
            expected[name(entry)] = entry["msgstr"]
    with catalogue.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog
    # msgfmt may note itself in the header, the text without a name.
    assert {**compiled, "": ""} == {**expected, "": ""}, "run make messages"


def test_the_catalogues_hold_the_texts_of_the_site_and_no_others(tmp_path):
    """A text that is added is missing there; one that lost its mark is left there, and would stay in English."""
    if not shutil.which("xgettext"):
        assert os.environ.get("CI") != "true", "CI must have gettext"
        pytest.skip("gettext is not installed: new texts were not looked for")
    copy = tmp_path / "copy"
    left_out = shutil.ignore_patterns(".*", "var", "tests", "static", "node_modules", "__pycache__")
    shutil.copytree(ROOT, copy, ignore=left_out)
    subprocess.run(
        [sys.executable, "manage.py", "makemessages", "--locale=fi", "--locale=sv", "--no-location"],
        cwd=copy,
        check=True,
        capture_output=True,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "website.settings",  # the copy's own
            "SECRET_KEY": "for gathering texts only",
            "SITE_URL": "http://127.0.0.1:8000",
        },
    )
    for language in LANGUAGES:
        gathered = copy / committed(language).relative_to(ROOT)
        of_the_site = {name(entry) for entry in messages(gathered)}
        translated = {name(entry) for entry in messages(committed(language))}
        assert of_the_site - translated == set(), "run make messages and translate them"
        assert translated - of_the_site == set(), "no mark for translation stands around these any more"
