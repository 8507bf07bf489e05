"""Reads the committed catalogues without gettext, so that what they say can be checked on any machine."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("fi", "sv")

_entry = re.compile(r'^(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?) ((?:"(?:[^"\\\n]|\\.)*"\n?)+)', re.M)


def entries(path):
    """Every message of a .po file as a dict of its keywords, with its comment flags; obsolete ones left out."""
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        found = {
            keyword: "".join(ast.literal_eval(line) for line in text.splitlines())
            for keyword, text in _entry.findall(block)
        }
        if "msgid" in found:
            found["flags"] = set(re.findall(r"[\w-]+", " ".join(re.findall(r"^#,(.*)$", block, re.M))))
            yield found


def messages(path):
    """The same without the header."""
    return [entry for entry in entries(path) if entry["msgid"]]


def texts(entry):
    return [text for keyword, text in entry.items() if keyword.startswith("msgstr")]


def name(entry):
    """What one message is called in a compiled catalogue."""
    context = entry.get("msgctxt")
    return entry["msgid"] if context is None else f"{context}\x04{entry['msgid']}"


def committed(language, place="locale", domain="django"):
    return ROOT / place / language / "LC_MESSAGES" / f"{domain}.po"


def every_committed():
    """Our own words, and in locale/libraries those that libraries leave in English; gettext gathers only ours."""
    return sorted(ROOT.glob("locale/**/*.po"))
