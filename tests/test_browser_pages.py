"""Every public page in a real browser: axe, the W3C checker, narrow screens, silence in the console."""

import json
import shutil
import subprocess

import pytest

from tests.browser import FORMS, LANGUAGES, checker, missing, sign_in

pytestmark = pytest.mark.browser

# Colours are the same at each width, and the order of things in each scheme.
LOOKS = [("light", 1280), ("dark", 320)]
ADMIN = [
    "/fi/hallinta/",
    "/fi/hallinta/pages/page/",
    "/fi/hallinta/pages/page/opsi/change/",
    "/fi/hallinta/network/joinrequest/",
]


def overflow(page):
    """What sticks out of a page sideways."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
        .map(e => `${location.pathname} ${e.tagName}.${e.className} ${Math.round(e.getBoundingClientRect().right)}`)"""
    ) or ([f"{page.url} scrolls"] if page.evaluate("document.documentElement.scrollWidth > innerWidth") else [])


def with_errors(page):
    """The form sent empty but for a wrong address."""
    page.fill("input[name=email]", "maija@localhost")
    page.click("form.form button")
    page.wait_for_selector(".summary")


def in_every_look(axe, visitor, *, loaded_anew=False):
    """What is wrong with a page in one look or another; pages whose scripts look at the screen are loaded in each."""
    page, found = visitor.page, []
    for scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        if loaded_anew:
            page.reload()
        # Colours fade from one to the other; a change that is called off is over as well.
        page.evaluate("() => Promise.allSettled(document.getAnimations().map(change => change.finished))")
        found += [f"{scheme} {width}: {fault}" for fault in axe(page) + overflow(page)]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_and_nothing_sticks_out_and_nothing_complains(visit, site, axe, language):
    visitor, found = visit(), []
    paths = [path for path in (*site.pages(), *site.other_states()) if path.startswith(f"/{language}/")]
    assert len(paths) > 12
    for path in paths:
        visitor.open(path)
        found += in_every_look(axe, visitor)
    with_errors(visitor.open(FORMS[language]))
    found += in_every_look(axe, visitor)
    told = found + visitor.complaints
    assert not told, "\n".join(told)


def test_axe_finds_nothing_on_the_cover_of_a_printed_directory(visit, site, axe, tmp_path):
    site.manage("print_edition", str(tmp_path / "printed"))
    cover = (tmp_path / "printed" / "index.html").read_text(encoding="utf-8")
    visitor = visit()
    visitor.page.route(f"{site.url}/", lambda route: route.fulfill(body=cover, content_type="text/html"))
    page = visitor.open("/")
    assert page.locator("h1, .lead").count() == len(LANGUAGES)
    told = in_every_look(axe, visitor) + visitor.complaints
    assert not told, "\n".join(told)


def test_axe_finds_nothing_in_the_admin(visit, site, axe):
    visitor = visit()
    visitor.open("/fi/hallinta/login/")
    found = in_every_look(axe, visitor)
    sign_in(visitor.page, site, "administrator")
    for path in ADMIN:
        visitor.open(path)
        found += in_every_look(axe, visitor, loaded_anew=True)
    told = found + visitor.complaints
    assert not told, "\n".join(told)


def test_the_w3c_checker_finds_nothing(visit, site, tmp_path):
    """On every page, and in the forms as they come back with errors."""
    java = shutil.which("java") or missing("java")
    vnu = checker("vnu-jar", "build", "dist", "vnu.jar")
    pages = {path: site.get(path)[1] for path in (*site.pages(), *site.other_states())}
    assert len(pages) > 45
    for form in FORMS.values():
        page = visit().open(form)
        with page.expect_response(lambda response: response.request.method == "POST") as answer:
            with_errors(page)
        pages[f"{form} with errors"] = answer.value.text()
    for number, text in enumerate(pages.values()):
        (tmp_path / f"{number}.html").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [java, "-Xss2m", "-jar", vnu, "--stdout", "--format", "json", *sorted(tmp_path.glob("*.html"))],
        capture_output=True,
        text=True,
        check=False,
    )
    names = [*pages]
    told = [
        f"{names[int(m['url'].rsplit('/', 1)[-1].split('.')[0])]} {m.get('lastLine')}: {m['message']}"
        for m in json.loads(done.stdout)["messages"]
    ]
    assert not told, "\n".join(told)
