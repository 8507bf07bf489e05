"""What is pasted into the rich-text editor comes out as it looked, and what the editor shows is what is stored.

tests/pasted holds what programs put on the clipboard: LibreOffice as it does it, the others written after them.
"""

import re

import pytest

from tests.browser import sign_in, wait_for
from tests.running import ROOT
from website.publishing import richtext

pytestmark = pytest.mark.browser

PASTED = ROOT / "tests" / "pasted"
PASTE = """html => {
  editors.practice_fi.commands.setContent("");
  editors.practice_fi.view.pasteHTML(html);
  return editors.practice_fi.getHTML();
}"""
PASTE_TEXT = """([before, chosen, text]) => {
  const data = new DataTransfer(), editor = editors.practice_fi;
  editor.chain().setContent(before).setTextSelection(chosen).run();
  data.setData("text/plain", text);
  editor.view.dom.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  return editor.getHTML();
}"""
SAFELINK = (
    "https://eur03.safelinks.protection.outlook.com/?url=https%3A%2F%2Fvm.fi%2F%3Futm_source%3Da%26id%3D7&data=05"
)


@pytest.fixture
def desk(visit, site):
    watched = visit()
    sign_in(watched.page, site, "editor", "en")
    watched.open("/en/hallinta/declaration/commitment/3/change/")
    wait_for(lambda: watched.page.evaluate("() => Boolean(editors.practice_fi)"), "the editor")
    yield watched.page
    assert watched.complaints == []


def note(page):
    return page.inner_text(".field-practice_fi .pasted")


def stored(shown):
    """What the server keeps of what the editor shows, which names its own kind of numbers beside."""
    return richtext.clean(shown), shown.replace(' data-type="decimal"', "")


def word(level, sign, words, tag="p", number=0):
    """An item of a list of Word; `number` tells lists apart."""
    return (
        f"<{tag} class=MsoListParagraph style='mso-list:l{number} level{level} lfo{number + 1}'><![if !supportLists]>"
        f"<span style='mso-list:Ignore'>{sign}<span style='font:7.0pt x'>&nbsp; </span></span><![endif]>{words}</{tag}>"
    )


def test_files_of_programs_come_out_as_they_looked(desk):
    for file in sorted(PASTED.glob("*.expected.html")):
        program = file.name.removesuffix(".expected.html")
        shown = desk.evaluate(PASTE, (PASTED / f"{program}.html").read_text(encoding="utf-8"))
        kept, seen = stored(shown)
        assert kept == file.read_text(encoding="utf-8").strip(), program
        assert seen.replace("\xad", "") == kept.replace("\xad", ""), program
        # A table, or a link to somebody's disk.
        assert bool(note(desk)) is (program not in ("google_docs", "word_online")), program


LISTS = {
    word(1, "·", "a") + word(1, "1.", "b", number=1): "<ul><li><p>a</p></li></ul><ol><li><p>b</p></li></ol>",
    word(1, "1.", "a") + word(1, "1.", "b", number=1): "<ol><li><p>a</p></li></ol><ol><li><p>b</p></li></ol>",
    word(2, "o", "a") + word(1, "·", "b"): "<ul><li><p>a</p></li></ul><ul><li><p>b</p></li></ul>",
    word(1, "2.", "a") + word(2, "2.1.", "b"): '<ol start="2"><li><p>a</p><ol><li><p>b</p></li></ol></li></ol>',
    word(1, "7", "a"): '<ol start="7"><li><p>a</p></li></ol>',
    word(1, "c)", "a"): '<ol start="3"><li><p>a</p></li></ol>',
    word(1, "IV.", "a"): '<ol start="4"><li><p>a</p></li></ol>',
    word(1, "1.1", "a", tag="h1") + word(1, "·", "b"): "<h2>1.1 a</h2><ul><li><p>b</p></li></ul>",
    "<ol><li><h2>a</h2></li></ol><p>b</p>": "<h2>a</h2><p>b</p>",
    "<ol><li>a</li><li></li><li>b</li></ol>": "<ol><li><p>a</p></li><li><p>b</p></li></ol>",
    "<ol><li value=3>a</li><li value=7>b</li></ol>": (
        '<ol start="3"><li><p>a</p></li></ol><ol start="7"><li><p>b</p></li></ol>'
    ),
    "<ul><ol><li>a</li></ol><li>b</li></ul>": "<ol><li><p>a</p></li></ol><ul><li><p>b</p></li></ul>",
    "<ul><li><ul><li>a</li></ul></li></ul>": "<ul><li><p>a</p></li></ul>",
    "<li>a</li><li>b</li>": "<ul><li><p>a</p></li><li><p>b</p></li></ul>",
    '<ol><li data-listid="2" data-aria-level="1">a</li></ol><ul><li data-listid="2" data-aria-level="2">b</li></ul>'
    '<ol start="2"><li data-listid="2" data-aria-level="1">c</li></ol>': (
        "<ol><li><p>a</p><ul><li><p>b</p></li></ul></li><li><p>c</p></li></ol>"
    ),
    # From Word by way of a mail program.
    '<p style="margin-left:9mm"><span>·<span style="font:7pt x"> </span></span>a</p>': "<ul><li><p>a</p></li></ul>",
}
TEXTS = {
    "Katu 1<br>00100 Helsinki": "<p>Katu 1<br>00100 Helsinki</p>",
    "<dl><dt>a</dt><dt>b</dt></dl>c<hr>d": "<p>a</p><p>b</p><p>c</p><p>d</p>",
    '<span style="white-space:pre-wrap">a\nb</span>': "<p>a<br>b</p>",
    "<table><tr><td>a<table><tr><td>b</td></tr></table>c</td></tr><tr><td>d</td></tr></table>": (
        "<p>a</p><p>b</p><p>c</p><p>d</p>"
    ),
    '<table><tr><td style="font-weight:bold">a</td></tr></table>': "<p><strong>a</strong></p>",
    "<style>.x{font-style:italic}</style><p class=x>a</p>": "<p><em>a</em></p>",
    '<b title="a>b" style="font-weight:normal"><p>a</p></b>': "<p>a</p>",
    '<p>a<span style="display:none">b</span><span hidden>c</span></p>': "<p>a</p>",
    "<p>a <del>b </del><ins>c</ins></p>": "<p>a c</p>",
    "<p>10<sup>6</sup> m<sup>2</sup>, CO<sub>2</sub></p>": "<p>10⁶ m², CO₂</p>",
    '<p>a <span lang="sv-FI">ord</span></p>': '<p>a <span lang="sv">ord</span></p>',
    '<p>a <img src="x" alt="🙂"></p>': "<p>a 🙂</p>",
    "<h2>a</h2><h1>b</h1>": "<h3>a</h3><h2>b</h2>",
    "<p><q>a</q></p>": "<p>”a”</p>",
    # From another editor of the same make.
    '<h1 data-pm-slice="1 1 []">a</h1><table><tr><td>b</td><td>c</td></tr></table>': "<h2>a</h2><p>b</p><p>c</p>",
}


@pytest.mark.parametrize("cases", [LISTS, TEXTS], ids=["lists", "texts"])
def test_what_is_shown_is_as_it_looked_and_is_stored(desk, cases):
    for html, expected in cases.items():
        assert stored(desk.evaluate(PASTE, html)) == (expected, expected), html


LINKS = {
    SAFELINK: "https://vm.fi/?id=7",
    "https://gcc02.safelinks.protection.office365.us/?url=https%253A%252F%252Fvm.fi%252F&d=1": "https://vm.fi/",
    "https://www.google.fi/url?sa=t&url=https%3A%2F%2Fvm.fi%2F": "https://vm.fi/",
    "https://vm.fi/?n=%E4&print&q=a%20b&utm_source=a&msclkid=b": "https://vm.fi/?n=%E4&print&q=a%20b",
    "https://vm.fi/?gclid=1#kohta": "https://vm.fi/#kohta",
    "https://vm.fi/#/sivu?id=7&utm_source=a": "https://vm.fi/#/sivu?id=7",
    "https://fi.wikipedia.org/wiki/A–B": "https://fi.wikipedia.org/wiki/A–B",
    "/fi/verkosto/?utm_source=a": "/fi/verkosto/",
    "www.vm.fi/x": "https://www.vm.fi/x",
    "nimi@vm.fi": "mailto:nimi@vm.fi",
    "tel:+358–295": "tel:+358-295",
}
LOST = [
    "liite.docx",
    "../x.odt",
    "file:///x",
    "java\tscript:x",
    "ftp://vm.fi/x",
    "\\\\palvelin\\x",
    "//vm.fi",
    "?id=7",
    "https://exa mple.org",
]


def test_links_are_unwrapped_kept_letter_by_letter_or_their_loss_is_said(desk):
    for written, kept in LINKS.items():
        shown = desk.evaluate(PASTE, f'<p><a href="{written.replace("&", "&amp;")}">a</a></p>')
        assert stored(shown)[0] == f'<p><a href="{kept.replace("&", "&amp;")}">a</a></p>', written
        assert note(desk) == "", written
    for written in LOST:
        assert desk.evaluate(PASTE, f'<p><a href="{written}">a</a></p>') == "<p>a</p>", written
        assert "A link was left out" in note(desk), written
    both = f"<p>a {SAFELINK} <a href='{SAFELINK}'>{SAFELINK}</a></p>"
    link = '<a href="https://vm.fi/?id=7">https://vm.fi/?id=7</a>'
    assert desk.evaluate(PASTE, both) == f"<p>a {link} {link}</p>"


NOTES = {
    "<p>a <s>b</s></p>": "Struck-out text",
    "<p>a <del>b</del></p>": "Deleted text",
    "<p>1<sup>st</sup></p>": "Raised or lowered",
    "<ol type=a><li>a</li></ol>": "letters or Roman",
    "<p>a<video src=x></video></p>": "not text",
    "<p>a<img src=x></p>": "Pictures",
    "<table><tr><td>a</td><td>b</td></tr></table>": "The cells",
}


def test_what_cannot_be_kept_is_said(desk):
    for html, words in NOTES.items():
        desk.evaluate(PASTE, html)
        assert words in note(desk) and note(desk).count(".") == 1, html
        desk.evaluate(PASTE, "<p>a</p>")
        assert note(desk) == ""


def test_text_becomes_a_link_where_it_is_an_address(desk):
    link = '<a href="https://vm.fi/?id=7">{}</a>'
    assert (
        desk.evaluate(PASTE_TEXT, ["<p>sanat a</p>", {"from": 1, "to": 6}, SAFELINK])
        == f"<p>{link.format('sanat')} a</p>"
    )
    shown = desk.evaluate(PASTE_TEXT, ["", 1, f"a {SAFELINK}\nREADME.md asia.info"])
    assert shown == f"<p>a {link.format('https://vm.fi/?id=7')}</p><p>README.md asia.info</p>"
    # Over an address another one takes its place.
    shown = desk.evaluate(PASTE_TEXT, ["<p>https://a.fi</p>", {"from": 1, "to": 13}, "https://b.fi"])
    assert shown == '<p><a href="https://b.fi">https://b.fi</a></p>'
    # Typed: a web address or an e-mail address, and nothing that only has a dot.
    desk.evaluate("() => editors.practice_fi.chain().setContent('').focus().run()")
    desk.keyboard.type("README.md www.vm.fi a@vm.fi ")
    shown = desk.evaluate("() => editors.practice_fi.getHTML()")
    assert re.findall('href="(.*?)"', shown) == ["https://www.vm.fi", "mailto:a@vm.fi"]


def test_a_text_of_the_site_goes_over_the_clipboard_unchanged(desk, site):
    """The clipboard that Chromium itself has, between a public page and the editor."""
    writes = desk.url
    desk.goto(f"{site.url}/fi/sitoumukset/2/")
    desk.evaluate("() => getSelection().selectAllChildren(document.querySelector('.practice'))")
    desk.keyboard.press("Control+C")
    copied = desk.evaluate("() => getSelection().toString()")
    desk.goto(writes)
    wait_for(lambda: desk.evaluate("() => Boolean(editors.practice_fi)"), "the editor")
    desk.evaluate("() => editors.practice_fi.chain().setContent('').focus().run()")
    desk.keyboard.press("Control+V")
    wait_for(lambda: desk.evaluate("() => editors.practice_fi.getText().length > 100"), "what is pasted")
    shown = desk.evaluate("() => editors.practice_fi.getHTML()")
    assert richtext.plain(shown) == " ".join(copied.split())
    assert stored(shown)[0] == stored(shown)[1]
