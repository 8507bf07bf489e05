"""Cleans incoming text. Visible characters stay; cleaning a cleaned text changes nothing.

The result is in Unicode normal form C. Every kind of line break becomes "\\n" in a text of several lines and a space in
a text of one line. Control characters, marks of direction and characters without width are removed, except where emoji
and some scripts need them. Soft hyphens are removed from what visitors write, and kept inside the words of the site's
own content, where they say how a long word breaks.
"""

import re
from unicodedata import category, normalize

from website.text import characters
from website.text.characters import FLAG, JOINER, KEYCAP, NON_JOINER, SOFT_HYPHEN, is_seen_alone, is_unseen, within

#: Letters, digits and punctuation of European text: nothing of it is ever changed, so most texts end here.
_PLAIN = re.compile("[\n -~\u00a0-\u00ac\u00ae-\u02ff\u2010-\u2027\u2030-\u205e]*")
_CRLF = re.compile("\r\n")
_REPLACED = str.maketrans(dict.fromkeys(characters.LINE_BREAKS, "\n") | characters.CONTROLS)
_CONTACT = str.maketrans(dict.fromkeys(characters.DASHES, "-") | dict.fromkeys((SOFT_HYPHEN, JOINER, NON_JOINER), ""))
_NO_TEXT = re.compile(f"[{re.escape(''.join(characters.NO_TEXT))}]")
_FORBIDDEN = {*characters.NO_TEXT, *characters.LINE_BREAKS, *characters.CONTROLS} - set("\t\r\u2028\u2029\ufffd")
_NOT_IN_MARKUP = re.compile(f"[{re.escape(''.join(sorted(_FORBIDDEN)))}]")


def clean_characters(text: str, *, soft_hyphens: bool = False) -> str:
    """The text without invisible characters. Spaces at its ends stay: it may be a part of rich text."""
    if _PLAIN.fullmatch(text):
        return text
    text = normalize("NFC", _CRLF.sub("\n", text).translate(_REPLACED))
    of_flags = {place for flag in FLAG.finditer(text) for place in range(*flag.span())}
    kept: list[str] = []
    for place, char in enumerate(text):
        before, after = kept[-1] if kept else "", text[place + 1 : place + 2]
        if place in of_flags or _belongs(char, before, after, soft_hyphens):
            kept.append(char)
    # What stood between a letter and its accent may be gone.
    return normalize("NFC", "".join(kept))


def _belongs(char: str, before: str, after: str, soft_hyphens: bool) -> bool:
    """Whether a character is part of the text, given the last one kept and the next one; "" at an end."""
    if char.isalnum() or char in " \n":  # nearly all of a text
        return True
    if char == SOFT_HYPHEN:
        return soft_hyphens and bool(before) and category(before)[0] in "LM" and after.isalpha()
    if char in (JOINER, NON_JOINER):
        return _joins_letters(before, after) or (char == JOINER and _joins_emoji(before, after))
    if within(char, characters.VARIATION_SELECTORS):
        return _can_vary(before, after)
    return not is_unseen(char)


def _joins_letters(before: str, after: str) -> bool:
    if not before or not after or is_unseen(after) or within(after, characters.VARIATION_SELECTORS):
        return False
    return within(before, characters.JOINING_SCRIPTS) and within(after, characters.JOINING_SCRIPTS)


def _joins_emoji(before: str, after: str) -> bool:
    if not before or not after or is_unseen(after):
        return False
    ends_an_emoji = before == "\ufe0f" or characters.may_be_an_emoji(before)
    return ends_an_emoji and characters.may_be_an_emoji(after)


def _can_vary(base: str, after: str) -> bool:
    """Whether a variation selector after it may be seen: Latin, Greek and Cyrillic letters have one form."""
    if not base or not is_seen_alone(base):
        return False
    if base.isascii():
        return after == KEYCAP
    return category(base) not in ("Lu", "Ll", "Lt", "Lm")


def clean_paragraphs(text: str, *, soft_hyphens: bool = False) -> str:
    """A text of several lines, with "\\n" between them; empty where nothing of it is seen."""
    return _trimmed(clean_characters(text, soft_hyphens=soft_hyphens))


def clean_line(text: str, *, soft_hyphens: bool = False) -> str:
    """A text of one line; empty where nothing of it is seen."""
    return _trimmed(clean_characters(text, soft_hyphens=soft_hyphens).replace("\n", " "))


def clean_contact(text: str) -> str:
    """A phone number, an e-mail address or a URL: every kind of space becomes U+0020, every dash a hyphen-minus."""
    return re.sub(r"\s", " ", clean_line(text.translate(_CONTACT)))


def clean_phone(text: str) -> str:
    """A phone number in international form, from the ways in which people in Finland write one.

    029 553 0000, (029) 553-0000, 00358 29 553 0000, +358 (0)29 553 0000 and puh. 029 553 0000 become +358 29 553 0000.
    Any other text, two numbers among them, is cleaned like the rest, for the validator to refuse.
    """
    number = re.sub(r"^(puh(elin)?|tel(efon)?|phone)[.:]? *", "", clean_contact(text), flags=re.IGNORECASE)
    if not re.fullmatch(r"\+?[0-9 ()./-]+", number) or " /" in number or "/ " in number:
        return number
    digits = " ".join(re.sub(r"[()./-]", " ", number.replace("(0)", " ")).split())
    if abroad := re.match(r"\+ ?|00 ?|(?=358 ?[1-9][0-9 ]{6})", digits):
        # People write the zero of calls within Finland after the country's code as well.
        return "+" + re.sub(r"^358 ?0", "358 ", digits[abroad.end() :])
    return f"+358 {digits[1:].strip()}" if digits.startswith("0") else digits


def _trimmed(text: str) -> str:
    """Without spaces and blanks at its ends."""
    if is_empty_to_the_eye(text):
        return ""
    first, last = 0, len(text)
    while text[first].isspace() or text[first] in characters.BLANKS:
        first += 1
    while text[last - 1].isspace() or text[last - 1] in characters.BLANKS:
        last -= 1
    return text[first:last]


def is_empty_to_the_eye(text: str | None) -> bool:
    """Whether a text has no visible character. None counts as empty."""
    text = text or ""
    return not any(is_seen_alone(char) for char in text) and not FLAG.search(text)


def folded(text: str) -> str:
    """A key for comparing texts: equal for two that differ only in spaces, soft hyphens, line breaks or normal form."""
    return "".join(char for char in clean_paragraphs(text) if not char.isspace() and char not in characters.BLANKS)


def is_no_text(text: str) -> bool:
    """Whether it holds a character of NO_TEXT, as decoded binary data does."""
    return bool(_NO_TEXT.search(text))


def without_forbidden(markup: str) -> str:
    """The markup without characters that HTML and XML forbid: old rows of the database may hold some."""
    return _NOT_IN_MARKUP.sub("", markup)
