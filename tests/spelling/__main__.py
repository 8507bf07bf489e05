"""`python -m tests.spelling`: every word of the content and the catalogues, in its own language.

Finnish is read by Voikko, Swedish and English by hunspell; words.txt beside this file holds what they
do not know and we do: names, abbreviations, terms of the trade.
"""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from tests.catalogues import ROOT, every_committed, messages, texts

PROGRAMS = {
    "fi": ["voikkospell", "-d", "fi"],
    "sv": ["hunspell", "-i", "utf-8", "-d", "sv_FI", "-l"],
    "en": ["hunspell", "-i", "utf-8", "-d", "en_GB", "-l"],
}
# Not words: tags, placeholders with the ending glued to them, addresses, paths, file names, anything with a digit.
NOT_WORDS = re.compile(
    r"<[^>]*>|%\(\w+\)[sd][\w:]*|%[sd]|\{[^}]*\}[\w:]*|https?://\S+|\S+@\S+|[\w.-]+/[\w./:<>-]*|\w+(?:\.\w+)+|[\w:]*\d[\w:]*"
)
WORD = re.compile(r"[^\W\d_]+(?:[-’':][^\W\d_]+)*")
SHOWN_PER_LANGUAGE = 60


def sources():
    """(language, where, text) for everything a person wrote."""
    for path in sorted([*ROOT.glob("*/fixtures/*.json"), *ROOT.glob("website/*/fixtures/*.json")]):
        for thing in json.loads(path.read_text(encoding="utf-8")):
            for field, value in thing["fields"].items():
                column, _, language = field.rpartition("_")
                # Codes and addresses are not words.
                if language in PROGRAMS and isinstance(value, str) and not column.endswith(("_url", "_language")):
                    yield language, f"{path.relative_to(ROOT)} {thing.get('pk')} {field}", value
    for catalogue in every_committed():
        language = catalogue.parent.parent.name
        for entry in messages(catalogue):
            if not re.fullmatch(r"\S*/", entry["msgid"]):  # a path
                where = f"{catalogue.parent.parent.relative_to(ROOT)} “{entry['msgid'][:40]}”"
                yield from ((language, where, text) for text in texts(entry))
                yield "en", where, entry["msgid"] + " " + entry.get("msgid_plural", "")


def words(text):
    text = NOT_WORDS.sub(" ", html.unescape(text).replace("\u00ad", ""))
    return {word.replace("’", "'") for word in WORD.findall(text)}


def accepted():
    path = Path(__file__).with_name("words.txt")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {line.strip().casefold() for line in lines if ":" in line and not line.startswith("#")}


def unknown(language, candidates):
    """Those among the words that the language's program does not know."""
    listed = subprocess.run(
        PROGRAMS[language],
        input="\n".join(sorted(candidates)) + "\n",
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        check=True,
    ).stdout.split("\n")
    if language == "fi":  # voikkospell judges each word: "C: right", "W: wrong"
        listed = [line.removeprefix("W: ") for line in listed if line.startswith("W: ")]
    return {word for word in listed if word}


def misspelled(language, places):
    known = accepted()

    def ours(word):
        return f"{language}:{word.casefold()}" in known or f"*:{word.casefold()}" in known

    wrong = {word for word in unknown(language, places) if not ours(word)}
    # "OPSI-verkosto": a compound is right when each of its parts is.
    parts = {part for word in wrong for part in word.split("-") if part and not ours(part)}
    wrong_parts = unknown(language, parts) if parts else set()
    return sorted(word for word in wrong if "-" not in word or wrong_parts.intersection(word.split("-")))


def main():
    found = defaultdict(lambda: defaultdict(list))
    for language, where, text in sources():
        for word in words(text):
            found[language][word].append(where)
    failed = False
    for language, places in sorted(found.items()):
        program = PROGRAMS[language][0]
        if not shutil.which(program):
            print(f"{program} is not installed: spelling in {language} was not checked.")
            failed |= os.environ.get("CI") == "true"
            continue
        wrong = misspelled(language, places)
        failed |= bool(wrong)
        print(f"{language}: {len(places)} words, {len(wrong)} unknown")
        for word in wrong[:SHOWN_PER_LANGUAGE]:
            print(f"  {word}   ({places[word][0]})")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
