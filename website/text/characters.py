"""Tables of the characters that cleaning treats in a special way, and questions about all others."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

SOFT_HYPHEN = "\u00ad"
NON_JOINER, JOINER = "\u200c", "\u200d"
KEYCAP = "\u20e3"  # draws a key around a digit, with a variation selector between them
REPLACEMENT = "\ufffd"  # stands where bytes were no text

#: Characters that stand for a line break, and who writes them.
LINE_BREAKS = {
    "\r": "old Macs",
    "\x0b": "Word, for Shift+Enter",
    "\x0c": "Word, for a new page",
    "\x85": "mainframes (NEXT LINE)",
    "\u2028": "LINE SEPARATOR",
    "\u2029": "PARAGRAPH SEPARATOR",
}
#: Control characters that Word and others leave in text that is copied, and what they stand for.
CONTROLS = {
    "\t": " ",
    "\x02": "",  # where a footnote was
    "\x1e": "-",  # a hyphen at which no line breaks
    "\x1f": "",  # a soft hyphen
}
#: Characters that no keyboard writes: other controls, U+FFFD (bytes that could not be decoded), lone surrogates, and
#: code points that Unicode never assigns.
NO_TEXT = [char for char in map(chr, range(0xA0)) if unicodedata.category(char) == "Cc"]
NO_TEXT = [char for char in NO_TEXT if char not in {"\n", *LINE_BREAKS, *CONTROLS}]
NO_TEXT += [REPLACEMENT, *map(chr, range(0xD800, 0xE000)), *map(chr, range(0xFDD0, 0xFDF0))]
NO_TEXT += [chr(plane + last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)]
#: Format characters (category Cf) that are visible; all others are not.
VISIBLE_FORMATS = (
    (0x0600, 0x0605),  # Arabic signs of number and year
    (0x06DD, 0x06DD),  # ARABIC END OF AYAH
    (0x070F, 0x070F),  # SYRIAC ABBREVIATION MARK
    (0x0890, 0x0891),  # Arabic signs of money
    (0x08E2, 0x08E2),  # ARABIC DISPUTED END OF AYAH
    (0x110BD, 0x110BD),  # KAITHI NUMBER SIGN
    (0x110CD, 0x110CD),  # KAITHI NUMBER SIGN ABOVE
    (0x13430, 0x1343F),  # Egyptian hieroglyphs, joined
)
#: Invisible characters that Unicode's category does not show as such.
UNSEEN = (
    (0x034F, 0x034F),  # COMBINING GRAPHEME JOINER
    (0x17B4, 0x17B5),  # Khmer vowels that are not written
    (0x2065, 0x2065),  # kept for format characters
    (0xFFF0, 0xFFF8),  # kept for format characters
    (0xFFFC, 0xFFFC),  # OBJECT REPLACEMENT CHARACTER: a picture that was not copied along
    (0xE0000, 0xE00FF),  # tags; those of a flag are looked for before
    (0xE01F0, 0xE0FFF),  # kept for tags and variation selectors
)
#: Characters that have a width and no visible form.
BLANKS = {
    "\u115f": "HANGUL CHOSEONG FILLER",
    "\u1160": "HANGUL JUNGSEONG FILLER",
    "\u2800": "BRAILLE PATTERN BLANK",
    "\u3164": "HANGUL FILLER",
    "\uffa0": "HALFWIDTH HANGUL FILLER",
}
VARIATION_SELECTORS = (
    (0x180B, 0x180D),  # Mongolian
    (0x180F, 0x180F),  # Mongolian
    (0xFE00, 0xFE0F),  # the last two choose between text and emoji
    (0xE0100, 0xE01EF),  # Chinese, Japanese
)
#: Scripts in which a joiner or a non-joiner between two letters changes how a word is written.
JOINING_SCRIPTS = (
    (0x0600, 0x07FF),  # Arabic, Syriac, Thaana, N'Ko
    (0x0840, 0x08FF),  # Mandaic, more Arabic
    (0x0900, 0x0DFF),  # the scripts of India, Sinhala
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x18AF),  # Khmer, Mongolian
    (0xFB50, 0xFDFF),  # Arabic, as printed
    (0xFE70, 0xFEFE),  # Arabic, as printed
)
#: A flag of a part of a country: a black flag, the letters of its code as tags, and the tag that ends it.
FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
#: Dashes and minus signs, all of which are hyphens in a number or an address.
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"

_NEVER_TEXT = frozenset(NO_TEXT)


def within(char: str, ranges: Iterable[tuple[int, int]]) -> bool:
    """Whether the character's code point lies in one of the ranges, both ends included."""
    return any(first <= ord(char) <= last for first, last in ranges)


def is_unseen(char: str) -> bool:
    """Whether a character is invisible in every context.

    A code point that Python's tables do not know counts as visible: it may be a newer emoji.
    """
    category = unicodedata.category(char)
    if category == "Cf":
        return not within(char, VISIBLE_FORMATS)
    if category in ("Cc", "Co", "Cs"):  # controls, private use, halves of a character
        return char != "\n"
    return (char in _NEVER_TEXT and char != REPLACEMENT) or within(char, UNSEEN)


@lru_cache(maxsize=1000)
def is_seen_alone(char: str) -> bool:
    """Whether a character is seen without another one before it."""
    needs_a_base = unicodedata.category(char) in ("Mn", "Me") or within(char, VARIATION_SELECTORS)
    return not (needs_a_base or char.isspace() or char in BLANKS or is_unseen(char))


def may_be_an_emoji(char: str) -> bool:
    """Whether emoji can be made of it; true for code points that Python's tables do not know yet."""
    return ord(char) >= 0x2190 and unicodedata.category(char) in ("So", "Sk", "Sm", "Cn")
