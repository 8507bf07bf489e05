"""The edges of each range of characters: what Unicode says of the first and the last, and of those beside them."""

import pytest

from website.text import characters
from website.text.cleaning import clean_characters, clean_line, is_no_text

#: Default_Ignorable_Code_Point of Unicode 16, and what more is not seen: first and last of each run.
UNSEEN = [
    *((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x17B4, 0x17B5), (0x180E, 0x180E)),
    *((0x200B, 0x200B), (0x200E, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F)),
    *((0xFEFF, 0xFEFF), (0xFFF0, 0xFFFC), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A)),
    *((0xE0000, 0xE00FF), (0xE01F0, 0xE0FFF)),
]
#: Prepended_Concatenation_Mark, and the hieroglyphs' joiners: format characters that are seen.
SEEN_FORMATS = [
    *((0x600, 0x605), (0x6DD, 0x6DD), (0x70F, 0x70F), (0x890, 0x891), (0x8E2, 0x8E2)),
    *((0x110BD, 0x110BD), (0x110CD, 0x110CD), (0x13430, 0x1343F)),
]
SELECTORS = [(0x180B, 0x180D), (0x180F, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF)]
#: Between these letters a joiner stays, just outside them it does not; the second of each pair is no letter of theirs.
JOINED = [(0x600, 0x7FF), (0x840, 0x8FF), (0x900, 0xDFF), (0x1000, 0x109F), (0x1780, 0x18AF)]
JOINED += [(0xFB50, 0xFDFF), (0xFE70, 0xFEFE)]
NEVER_TEXT = [(0x00, 0x01), (0x03, 0x08), (0x0E, 0x1D), (0x7F, 0x84), (0x86, 0x9F)]
NEVER_TEXT += [
    (0xFDD0, 0xFDEF),
    (0xFFFD, 0xFFFF),
    *((p + 0xFFFE, p + 0xFFFF) for p in range(0x10000, 0x110000, 0x10000)),
]


def inside(runs):
    """Every code point of some runs."""
    return {code for first, last in runs for code in range(first, last + 1)}


def beside(runs):
    """The code points just before and just after each run that are in none of them."""
    return {code for first, last in runs for code in (first - 1, last + 1)} - inside(runs)


def ids(code):
    return f"U+{code:04X}"


def test_what_is_not_seen_is_what_unicode_says():
    for code in sorted(inside(UNSEEN)):
        assert characters.is_unseen(chr(code)), ids(code)
        assert clean_characters(f"a{chr(code)}b") == "ab", ids(code)


def test_what_stands_just_beside_is_seen_where_unicode_says_so():
    others = beside(UNSEEN) - inside(SELECTORS) - inside(NEVER_TEXT) - {0x200C, 0x200D, 0x2029, 0x202F, 0x205F}
    for code in sorted(others):
        assert not characters.is_unseen(chr(code)), ids(code)


def test_format_characters_that_are_seen_stay():
    for code in sorted(inside(SEEN_FORMATS)):
        assert not characters.is_unseen(chr(code)), ids(code)
        assert clean_characters(f"a{chr(code)}b") == f"a{chr(code)}b", ids(code)


def test_variation_selectors_are_these_and_no_others():
    for code in sorted(inside(SELECTORS)):
        assert characters.within(chr(code), characters.VARIATION_SELECTORS), ids(code)
        assert clean_characters(f"漢{chr(code)}") == f"漢{chr(code)}", ids(code)
        assert clean_line(chr(code)) == "", ids(code)
    for code in sorted(beside(SELECTORS)):
        assert not characters.within(chr(code), characters.VARIATION_SELECTORS), ids(code)


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d"])
def test_a_joiner_stays_within_these_scripts_and_nowhere_else(joiner):
    for code in sorted({edge for run in JOINED for edge in run}):
        assert characters.within(chr(code), characters.JOINING_SCRIPTS), ids(code)
    for code in sorted(beside(JOINED)):
        assert not characters.within(chr(code), characters.JOINING_SCRIPTS), ids(code)
    for letters in ("\u0628\u06cc", "\u0915\u0937", "\u1000\u1019", "\u1780\u178f", "\u1820\u1821", "\ufb50\ufdfc"):
        assert clean_characters(joiner.join(letters)) == joiner.join(letters)
    for letters in ("ab", "\u05d0\u05d1", "\u0e01\u0e02", "\u10d0\u10d1", "a\u0628", "\u0628a"):
        assert clean_characters(joiner.join(letters)) == letters


def test_what_is_no_text_is_these_and_no_others():
    for code in sorted(inside(NEVER_TEXT) | set(range(0xD800, 0xE000))):
        assert is_no_text(f"a{chr(code)}b"), ids(code)
    allowed = beside(NEVER_TEXT) - set(range(0xD800, 0xE000))
    for code in sorted(code for code in allowed if 0 <= code <= 0x10FFFF):
        assert not is_no_text(f"a{chr(code)}b"), ids(code)
    for code in (0xD7FF, 0xE000):
        assert not is_no_text(f"a{chr(code)}b"), ids(code)


def test_what_is_no_text_is_not_seen_but_the_mark_that_stands_for_it_is():
    for code in sorted(inside(NEVER_TEXT) - {0xFFFD}):
        assert characters.is_unseen(chr(code)), ids(code)
    assert not characters.is_unseen(characters.REPLACEMENT)


def test_emoji_are_made_of_signs_from_the_arrows_on():
    assert [characters.may_be_an_emoji(char) for char in "\u218b\u2190\U0001f600a"] == [False, True, True, False]
