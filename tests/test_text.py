"""The rule for the characters of every text, without forms and without a database."""

import unicodedata

import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given
from hypothesis import strategies as st

from website.publishing import richtext
from website.publishing.texts import RichText, Text, fingerprint
from website.text.cleaning import (
    clean_characters,
    clean_contact,
    clean_line,
    clean_paragraphs,
    folded,
    is_empty_to_the_eye,
    is_no_text,
    without_forbidden,
)

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
EMOJI = [
    "\U0001fa77",  # pink heart, of 2022: newer than the tables of Python 3.11
    "\U0001fae8",  # shaking face, of 2022
    "\U0001fae9",  # face with bags under eyes, of 2024
    "\U0001f469\u200d\U0001f4bb",
    "\U0001f3f4\u200d\u2620\ufe0f",
    "\U0001f3f3\ufe0f\u200d\U0001f308",
    "\U0001f468\U0001f3fd\u200d\U0001f9b1",
    "\U0001f9d1\u200d\U0001f91d\u200d\U0001f9d1",
    "\u2764\ufe0f\u200d\U0001fa79",
    "\U0001f642\u200d\u2194\ufe0f",
    "1\ufe0f\u20e3",
    "\u00a9\ufe0f",
    "\U0001f1eb\U0001f1ee",
    ENGLAND,
]
SCRIPTS = [
    "می‌خواهم",  # Persian, with a non-joiner
    "क्‍ष",  # Devanagari, with a joiner
    "ශ්‍රී",  # Sinhala
    "نَصّ ١٢٣",
    "日本語󠄀",  # a variant of a Chinese character
    "ᠮᠣᠩᠭᠣᠯ",
    "한국어",
    "Ångström ñandú šišky Đặng",
    "x̄ ± σ",
]
#: One of every kind of what is not seen; each of them is in tests/test_text_characters.py.
UNSEEN = [
    *("\u200b", "\u200c", "\u200d", "\u202e", "\u2060", "\ufeff", "\ufffc", "\ue000", "\U000f0000", "\U0010fffd"),
    *("\ufe0f", "\U000e0100", "\u180b", "\U000e0067", "\x02", "\x1f"),
]
BLANK = ["\u00a0", "\u2007", "\u202f", "\u3000", "\u2800", "\u3164", "\u115f", "\u1160", "\uffa0", "\u00ad"]


# --- The rule ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("char", UNSEEN, ids=ascii)
def test_what_nobody_sees_vanishes(char):
    assert clean_line(f"va{char}ro") == clean_paragraphs(f"va{char}ro") == "varo"
    assert clean_contact(f"{char}+358{char} 295 530 000{char}") == "+358 295 530 000"
    assert clean_line(char) == clean_paragraphs(char) == ""


@pytest.mark.parametrize("text", [*EMOJI, *SCRIPTS], ids=ascii)
def test_what_is_seen_is_taken(text):
    for whole in (text, f"Hei {text} hei", text * 2):
        assert clean_line(whole) == clean_paragraphs(whole) == whole
        assert not is_empty_to_the_eye(whole) and not is_no_text(whole)


@pytest.mark.parametrize("char", [*UNSEEN, *BLANK, "", None, "\n", "\u0301", "\u20dd"], ids=ascii)
def test_what_is_empty_to_the_eye_is_empty(char):
    assert is_empty_to_the_eye(char)
    assert clean_line((char or "") * 3) == clean_paragraphs(f" {char or ''}\n{char or ''}") == ""


@pytest.mark.parametrize("seen", ["a", "–", "\u0600", "\u2400", "\U00013430", "़अ", "\ufffd", "\u0378"], ids=ascii)
def test_what_is_seen_is_not_empty(seen):
    assert not is_empty_to_the_eye(f"\u200b{seen}")


@pytest.mark.parametrize("blank", BLANK, ids=ascii)
def test_blanks_at_the_ends_are_trimmed(blank):
    assert clean_line(f"{blank}\u200b Aino{blank} ") == "Aino"


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"], ids=ascii)
def test_whatever_ends_a_line_is_a_line_break_or_a_space(end):
    assert clean_paragraphs(f"yksi{end}kaksi") == "yksi\nkaksi"
    assert clean_line(f"yksi{end}kaksi") == "yksi kaksi"


def test_what_word_leaves_in_a_copied_text():
    assert clean_line("e\x1email") == "e-mail"
    assert clean_line("yh\x1fdys\x02sana") == "yhdyssana"
    assert clean_paragraphs("a\tb") == "a b"


def test_texts_are_in_normal_form_c_whatever_stood_between_a_letter_and_its_accent():
    assert clean_line("A\u030angstro\u0308m") == "Ångström"
    assert clean_line("e\u200b\u0301") == "é"


@pytest.mark.parametrize(
    "text", ["a\u200db", "\u200d\U0001f4bb", "\U0001f469\u200d", "می\u200c ", "+\u200d+"], ids=ascii
)
def test_joiners_elsewhere_vanish(text):
    assert "\u200d" not in clean_line(text) and "\u200c" not in clean_line(text)


@pytest.mark.parametrize(
    "text",
    ["\U0001f3f4\U000e0067", "\U0001f3f4\U000e007f", "a" + ENGLAND[1:], "\U0001f3f4" + "\U000e0061" * 9 + "\U000e007f"],
    ids=ascii,
)
def test_tags_that_make_no_flag_vanish(text):
    assert clean_line(text) == text[0]


def test_no_bytes_hide_in_variation_selectors():
    assert clean_line("\u2764\ufe0f\ufe00\U000e0110\U000e0120") == "\u2764\ufe0f"
    assert clean_line("A\U000e0110ino") == "Aino"


def test_soft_hyphens_stay_inside_the_words_of_content_alone():
    assert clean_line("yhdys\u00adsana") == "yhdyssana"
    assert clean_line("yhdys\u00adsana", soft_hyphens=True) == "yhdys\u00adsana"
    assert clean_line("\u00adyhdys\u00ad sana\u00ad", soft_hyphens=True) == "yhdys sana"
    assert clean_paragraphs("a\u00ad\nb\u00ad\u00adc\u00ad\ufe0f d", soft_hyphens=True) == "a\nb\u00adc d"


@pytest.mark.parametrize(
    "typed, taken",
    [
        ("+358\u00a0295 530 108", "+358 295 530 108"),
        ("\u202d+358 295 530 000\u202c", "+358 295 530 000"),
        ("nimi@example.fi\u200b", "nimi@example.fi"),
        ("\ufeffetu\u2010nimi@example.fi\u00a0", "etu-nimi@example.fi"),
        ("\u2068https://vm.fi/inno\u00advaatio\u2011haku\u2069", "https://vm.fi/innovaatio-haku"),
        ("+358\u202f295\u2009530\u2013108", "+358 295 530-108"),
        ("a\u2212b\u2015c", "a-b-c"),
    ],
    ids=ascii,
)
def test_phones_and_addresses(typed, taken):
    assert clean_contact(typed) == taken


@pytest.mark.parametrize(
    "char", ["\x00", "\x01", "\x07", "\x1b", "\x7f", "\x93", "\ufffd", "\ufdd0", "\uffff", "\ud800"], ids=ascii
)
def test_bytes_that_are_no_text_are_told_from_text(char):
    assert is_no_text(f"Maija{char}")
    assert char == "\ufffd" or clean_line(f"Maija{char}") == "Maija"


def test_text_is_text():
    assert not any(is_no_text(text) for text in (*EMOJI, *SCRIPTS, *UNSEEN, *BLANK, "a\r\n\t\x0b\x0c\x1eb", ""))


# --- Whatever the characters ---------------------------------------------------------------------------------------

KINDS = [clean_line, clean_paragraphs, clean_contact, clean_characters, richtext.clean]
KINDS += [lambda text: clean_line(text, soft_hyphens=True), lambda text: clean_paragraphs(text, soft_hyphens=True)]
NASTY = [
    *EMOJI,
    *SCRIPTS,
    *UNSEEN,
    *BLANK,
    "e",
    "\u0301",
    "\u0338",
    " ",
    "\n",
    "\r\n",
    "<",
    ">",
    "&",
    "-",
    "क",
    "م",
    "1",
]
texts = st.lists(st.one_of(st.sampled_from(NASTY), st.characters(), st.text(max_size=3)), max_size=12).map("".join)


@pytest.mark.parametrize("clean", KINDS)
@given(text=texts)
@example(text="م\u200c\u180bx")
@example(text="a\u00ad\ufe0f\u0301")
def test_cleaning_twice_changes_nothing(clean, text):
    assert clean(clean(text)) == clean(text)


@given(text=texts)
def test_cleaning_invents_nothing_and_what_is_seen_survives(text):
    cleaned = clean_paragraphs(text)
    normal = unicodedata.normalize("NFC", text)
    if not is_empty_to_the_eye(text):
        kept = [c for c in unicodedata.normalize("NFD", cleaned) if c.isalnum() and not is_empty_to_the_eye(c)]
        assert kept == [c for c in unicodedata.normalize("NFD", text) if c.isalnum() and not is_empty_to_the_eye(c)]
    assert set(unicodedata.normalize("NFD", cleaned)) <= {*unicodedata.normalize("NFD", normal), "\n", "-", " "}
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not is_no_text(cleaned.replace("\ufffd", ""))
    assert "\n" not in clean_line(text) and "\r" not in cleaned


@given(text=texts)
def test_invisible_text_is_cleaned_to_empty_and_visible_text_is_not(text):
    assert bool(clean_line(text)) != is_empty_to_the_eye(clean_characters(text))


@given(text=texts)
def test_texts_that_differ_in_what_nobody_sees_have_one_fingerprint(text):
    for other in (clean_paragraphs(text), f"\u00a0{text}\n", unicodedata.normalize("NFD", text)):
        assert folded(other) == folded(text)


# --- Texts and rich texts ------------------------------------------------------------------------------------------


def test_plain_text_is_not_taken_for_marks():
    text = "x<y ja z>w: T&K toiminta"
    assert Text(text, "fi").plain == text
    assert fingerprint(text) != fingerprint("x<y ja q>w: T&K toiminta")
    assert Text("yhdys\u00adsana\n ja\u00a0toinen", "fi").plain == "yhdyssana ja toinen"


def test_the_plain_text_of_rich_text():
    assert RichText("<h2>T&amp;K</h2><p>x &lt; <strong>y</strong>z<br>ja</p>", "fi").plain == "T&K x < yz ja"


@pytest.mark.parametrize("char", [*UNSEEN, *BLANK, "", " ", "<br>", "&nbsp;", "&#8203;", "&shy;"], ids=ascii)
@pytest.mark.parametrize(
    "mark",
    ["<h2>{}</h2>", '<p><a href="/fi/">{}</a></p>', "<ul><li><p>{}</p></li></ul>", "<blockquote>{}</blockquote>"],
)
def test_marks_around_nothing_that_is_seen_vanish(mark, char):
    assert richtext.clean(mark.format(char)) == ""
    assert richtext.clean(f"<p>a</p>{mark.format(char)}<p>b</p>") == "<p>a</p><p>b</p>"


def test_rich_text_of_nothing_that_is_seen_is_empty():
    assert richtext.clean("\u200b&nbsp;<br>\u3164") == ""


def test_a_form_says_which_link_it_cannot_keep():
    field = richtext.RichTextFormField()
    with pytest.raises(ValidationError, match="ohje"):
        field.clean('<p>Katso <a href="javascript:x()">ohje</a></p>')
    assert field.clean('<p><a href="/fi/opsi/">OPSI</a></p>') == '<p><a href="/fi/opsi/">OPSI</a></p>'


def test_an_empty_mark_between_two_words_leaves_the_space():
    assert richtext.clean("<p>yksi<strong>\u00a0</strong>kaksi</p>") == "<p>yksi kaksi</p>"


@pytest.mark.parametrize(
    "dirty, clean",
    [
        ('<a href="javascript:x()">a</a>', "<a>a</a>"),
        ('<a href="//evil.example/">a</a>', "<a>a</a>"),
        ('<a href="/\\evil.example/">a</a>', "<a>a</a>"),
        ('<a href="/fi/opsi/" target="_blank">a</a>', '<a href="/fi/opsi/">a</a>'),
        ('<a href="/fi/opsi/" title="" lang="fi">a</a>', '<a href="/fi/opsi/">a</a>'),
        ('<a href="mailto:a@example.fi">a</a>', '<a href="mailto:a@example.fi">a</a>'),
        ("<b>a</b> <i>b</i>", "<strong>a</strong> <em>b</em>"),
        ("<o:p></o:p><p>a</p>", "<p>a</p>"),
        ("<img src=x onerror=x()>", ""),
        ("<style>p{}</style><p>a</p>", "<p>a</p>"),
        ("<svg><script>x()</script></svg>a", "a"),
        ("<p></p>", ""),
        # What the editor shows is what is stored.
        ('<p>Se on <span lang="fr">déclaration</span>.</p>', '<p>Se on <span lang="fr">déclaration</span>.</p>'),
        ('<p><span lang="xx">a<span lang="se">b</span></span><span>c</span></p>', '<p>a<span lang="se">b</span>c</p>'),
        ('<p lang="sv">a<span lang="sv"> </span>b</p>', "<p>a b</p>"),
        ('<ol start="3" type="a"><li><p>a</p></li></ol>', '<ol start="3"><li><p>a</p></li></ol>'),
        ('<ol start="1"><li><p>a</p></li></ol>', "<ol><li><p>a</p></li></ol>"),
        ('<p><a href="http://example.org/">vanha</a></p>', '<p><a href="http://example.org/">vanha</a></p>'),
        # Characters and addresses.
        ('<a href="java\u200bscript:x()">a</a>', "<a>a</a>"),
        ('<a href="/\u200b/evil.example/">a</a>', "<a>a</a>"),
        ('<a href="mailto:nimi@example.fi\u200b">a</a>', '<a href="mailto:nimi@example.fi">a</a>'),
        ('<a href="https://vm.fi/a\u2011b&nbsp;">a</a>', '<a href="https://vm.fi/a-b">a</a>'),
        ('<a href="https://vm.fi/1990\u20132000">a</a>', '<a href="https://vm.fi/1990\u20132000">a</a>'),
        ("<p>\u0338a</p>", "<p>\u0338a</p>"),  # the long solidus must not become one with the mark before it
        ("<p>A\u030a\u202e x\x0by\x07</p>", "<p>Å x\ny</p>"),
        ("<p>yhdys\u00adsana 10\u00a0%</p>", "<p>yhdys\u00adsana 10&nbsp;%</p>"),
    ],
    ids=ascii,
)
def test_rich_text_keeps_a_short_list_of_marks(dirty, clean):
    assert richtext.clean(dirty) == clean
    assert richtext.clean(clean) == clean


def test_half_a_character_vanishes_from_rich_text():
    assert richtext.clean("<p>Tek\ud83dsti</p>") == "<p>Teksti</p>"


@given(text=texts, address=texts)
def test_rich_text_never_gets_other_marks(text, address):
    import nh3

    cleaned = richtext.clean(f'<p><a href="{address}">{text}</a>{text}<strong>{text}</strong></p>')
    assert nh3.clean(cleaned, url_schemes={"https", "http", "mailto", "tel"}, link_rel=None) == cleaned


@pytest.mark.parametrize(
    "other",
    [
        "10\u00a0000 innovaatiota",
        "10\u202f000 innovaa\u00adtiota",
        "10 000\ninnovaatiota ",
        "10 000 inno\u200bvaatiota",
    ],
    ids=ascii,
)
def test_fingerprints_ignore_spaces_soft_hyphens_and_normal_forms(other):
    assert fingerprint(other) == fingerprint("10 000 innovaatiota") != fingerprint("10 001 innovaatiota")
    assert fingerprint(f"<p>{other}</p>") == fingerprint("<p>10 000 innovaatiota</p>")
    assert fingerprint("Kyla\u0308") == fingerprint("Kylä")
    assert fingerprint("<p>a  b</p>\n") == fingerprint('<p class="x">a b</p>')
    assert fingerprint("<p>\u200b</p>") == fingerprint("\u00ad") == fingerprint(" ") == fingerprint(None) == ""


def test_markup_without_what_it_may_not_hold():
    assert without_forbidden("<a>\x00\x07\x0b\x1e\x7f\x93\ufffe ä\t\n\U0001fa77</a>") == "<a> ä\t\n\U0001fa77</a>"
