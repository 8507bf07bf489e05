"""The list of accessibility, docs/wcag.csv: every criterion once, and a word, a reason and a remainder that hold."""

import csv
import re

from tests.running import ROOT
from tests.test_security import leads_nowhere

#: Levels A and AA of WCAG 2.2, and what EN 301 549 asks of authoring tools. WCAG 2.1 has 50, of which 2.2 took away
#: 4.1.1 Parsing, and 2.2 adds six: 55. Lists that keep 4.1.1 count 56.
A = """1.1.1 1.2.1 1.2.2 1.2.3 1.3.1 1.3.2 1.3.3 1.4.1 1.4.2 2.1.1 2.1.2 2.1.4 2.2.1 2.2.2 2.3.1 2.4.1 2.4.2 2.4.3 2.4.4
2.5.1 2.5.2 2.5.3 2.5.4 3.1.1 3.2.1 3.2.2 3.2.6 3.3.1 3.3.2 3.3.7 4.1.2"""
AA = """1.2.4 1.2.5 1.3.4 1.3.5 1.4.3 1.4.4 1.4.5 1.4.10 1.4.11 1.4.12 1.4.13 2.4.5 2.4.6 2.4.7 2.4.11 2.5.7 2.5.8 3.1.2
3.2.3 3.2.4 3.3.3 3.3.4 3.3.8 4.1.3"""
CRITERIA = {f"WCAG {number}": "A" for number in A.split()} | {f"WCAG {number}": "AA" for number in AA.split()}
CRITERIA |= {f"EN 11.8.{number}": "" for number in range(1, 6)}

VERDICTS = {"pass", "fail", "open", "not applicable"}
#: Evidence that is no test: what was tried, when, in which role and in which browser; or an earlier audit.
BY_HAND = re.compile(
    r"by hand 20\d\d-\d\d-\d\d, a developer as (reader|editor|publisher|administrator), \w+: .{5,}"
    r"|audit by hand before this list, issue \d+ section \d+: .{5,}"
)


def rows():
    with open(ROOT / "docs/wcag.csv", newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    assert not any(None in row for row in found), "a comma without quotation marks"
    return found


def verdicts():
    """Name of criterion and part of the site, verdict, the pieces of evidence and what is open."""
    for row in rows():
        for part in ("public", "admin"):
            evidence = [piece for piece in row[f"{part}_evidence"].split("; ") if piece]
            yield f"{row['id']} {part}", row[part], evidence, row[f"{part}_open"]


def test_every_criterion_stands_once_with_its_level_and_its_name():
    assert (len(A.split()), len(AA.split())) == (31, 24)
    assert sorted((row["id"], row["level"]) for row in rows()) == sorted(CRITERIA.items())
    assert [row["id"] for row in rows() if not row["criterion"]] == []


def test_every_verdict_is_a_word_of_the_list_with_what_it_needs():
    assert {where: word for where, word, _evidence, _rest in verdicts() if word not in VERDICTS} == {}
    # Nothing passes by itself.
    needing = [(where, evidence) for where, word, evidence, _rest in verdicts() if word in ("pass", "not applicable")]
    assert [where for where, evidence in needing if not evidence] == []
    assert [where for where, word, _evidence, rest in verdicts() if word in ("fail", "open") and len(rest) < 20] == []
    assert [where for where, word, _evidence, rest in verdicts() if word == "not applicable" and rest] == []


def test_every_piece_of_evidence_is_a_test_that_is_there_or_tells_what_was_tried():
    pieces = [(where, piece) for where, _word, evidence, _rest in verdicts() for piece in evidence]
    named = [(where, piece) for where, piece in pieces if not BY_HAND.fullmatch(piece)]
    assert [where for where, piece in named if "::" not in piece or leads_nowhere(piece)] == []
