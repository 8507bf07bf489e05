"""`make screenshots`: every page × width × scheme × language, and the rare states, as pictures to look at.

It runs a site of its own and writes to the folder it is given: whole pages and what was printed for each language, a
sheet of all pictures of one page under `sheets/`, and under `details/` single screens that deserve a closer look.
Nothing is compared: people look.
"""

import shutil
import sys
import tempfile
from itertools import product
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import COMPONENTS, FORMS, LANGUAGES, SWITCHES
from tests.running import RunningSite, until

WIDTHS, SCHEMES = (320, 390, 768, 1280, 1600), ("light", "dark")
#: Pages by what they are, each in the languages in their order.
PAGES = {
    "front": ("", "", ""),
    "declaration": ("julistus/", "deklaration/", "declaration/"),
    "commitments": ("sitoumukset/", "ataganden/", "commitments/"),
    **{f"commitment-{n}": (f"sitoumukset/{n}/", f"ataganden/{n}/", f"commitments/{n}/") for n in range(1, 6)},
    "network": ("verkosto/", "natverk/", "network/"),
    "form": tuple(path[4:] for path in FORMS.values()),
    "thanks": ("verkosto/liity/kiitos/", "natverk/anmal-dig/tack/", "network/join/thanks/"),
    "opsi": ("opsi/",) * 3,
    "contacts": ("yhteystiedot/", "kontakt/", "contacts/"),
    "feedback": ("palaute/", "respons/", "feedback/"),
    "accessibility": ("saavutettavuusseloste/", "tillganglighetsutlatande/", "accessibility-statement/"),
    "privacy": ("tietosuoja/", "dataskydd/", "data-protection/"),
    "changes": ("muutokset/", "andringar/", "changes/"),
    "not-found": ("nothing-here/",) * 3,
    "components": tuple(path[4:] for path in COMPONENTS.values()),
}
#: Other eyes, on the pages where they matter most.
EYES = {
    "forced": {"forced_colors": "active", "color_scheme": "dark"},
    "contrast": {"contrast": "more"},
    "contrast-dark": {"contrast": "more", "color_scheme": "dark"},
    "wide": {"viewport": {"width": 2560, "height": 1200}},
    "zoomed": {"viewport": {"width": 320, "height": 200}, "device_scale_factor": 4},  # 1280 pixels at 400 %
}
PHONE, LAPTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
#: Single screens: page, size of the screen, what stands at its top (empty: the page's beginning).
DETAILS = {
    "front-at-least-three-on-the-first-screen-of-a-phone": ("front", PHONE, ""),
    "front-all-five-on-the-first-screen": ("front", LAPTOP, ""),
    "front-headings-have-weight": ("front", LAPTOP, "main section h2"),
    "commitment-on-a-phone-its-number-has-a-name": ("commitment-3", PHONE, ""),
    "commitment-the-title-stands-high-and-once": ("commitment-3", LAPTOP, ""),
    "commitment-the-questions-stand-out": ("commitment-3", LAPTOP, ".practice :nth-child(2 of .side)"),
    "commitment-previous-points-left": ("commitment-3", LAPTOP, ".neighbours"),
    "opsi-breadcrumb-and-state-in-one-line": ("opsi", LAPTOP, ""),
    "opsi-state-on-a-phone": ("opsi", PHONE, ""),
    "opsi-earlier-calls-on-a-phone": ("opsi", PHONE, "#earlier"),
    "opsi-links-in-lists-look-like-links": ("opsi", LAPTOP, "#group-1"),
    "form-in-error-summary": ("form-in-error", LAPTOP, ""),
    "form-in-error-bars-in-the-margin": ("form-in-error", LAPTOP, ".field:has(.error)"),
    "form-in-error-on-a-phone": ("form-in-error", PHONE, ""),
    "form-wide-button-on-a-phone": ("form", PHONE, ".form .send"),
}
#: An open call, both notices, a page without its English texts, and what was told about them.
RARE_STATES = """
from datetime import timedelta
from django.utils import timezone
from opsi.models import Call
from website.components import samples
from website.pages.models import Notice, Page
from website.publishing import versions, workflow
names = {"name_fi": "Haku 2027", "name_sv": "Utlysningen 2027", "name_en": "Call 2027"}
network = Page.objects.get(pk="network")
network.title_en = network.lead_en = network.body_en = ""
notices = [thing for thing in samples() if isinstance(thing, Notice)]
note = {"fi": "Haku on alkanut.", "sv": "Utlysningen har börjat.", "en": "The call has begun."}
for thing in (Call(closes=timezone.now() + timedelta(days=40), **names), *notices, network):
    workflow.save_draft(thing)
    workflow.publish([versions.latest_version(thing)], note=note)
"""


def shots(site, browser, folder):
    """Each picture is made by one visitor per look, in all languages."""

    def visitor(**look):
        # Still: a picture taken while one page fades into the next shows both.
        still = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}
        return browser.new_context(**still | look).new_page()

    def photograph(page, language, name):
        page.evaluate("document.fonts.ready.then(() => true)")
        page.screenshot(path=folder / language / f"{name}.png", full_page=True)

    def each(page, names, label):
        for name, language in product(names, LANGUAGES):
            open_page(page, site, name, language)
            photograph(page, language, f"{name}-{label}")

    for width, scheme in product(WIDTHS, SCHEMES):
        page = visitor(viewport={"width": width, "height": 900}, color_scheme=scheme)
        each(page, PAGES, f"{width}-{scheme}")
        for language in LANGUAGES:
            open_page(page, site, "form-in-error", language)
            photograph(page, language, f"form-in-error-{width}-{scheme}")
        print(f"{width} px, {scheme}", flush=True)
    for label, look in EYES.items():
        each(visitor(**look), ("front", "commitment-3", "form", "components"), label)
    printed(site, visitor(viewport={"width": 658, "height": 980}), folder)
    for (detail, (name, screen, top)), language in product(DETAILS.items(), LANGUAGES):
        page = visitor(viewport=screen)
        open_page(page, site, name, language)
        if top:
            page.locator(top).first.evaluate("element => element.scrollIntoView({block: 'start'})")
        page.evaluate("document.fonts.ready.then(() => true)")
        page.screenshot(path=folder / "details" / f"{detail}-{language}.png")
        page.context.close()
    sheets(visitor(viewport={"width": 2400, "height": 900}), folder)
    site.manage("shell", code=RARE_STATES)
    until(lambda: "Haku on auki" in site.get("/fi/")[1])  # printed by the worker, a moment later
    for width, scheme in product(WIDTHS, SCHEMES):
        page = visitor(viewport={"width": width, "height": 900}, color_scheme=scheme)
        each(page, ("front", "opsi", "network", "changes"), f"rare-{width}-{scheme}")


def open_page(page, site, name, language):
    if name == "form-in-error":
        page.goto(site.url + FORMS[language])
        page.fill("input[name=email]", "maija@localhost")
        page.click("form.form button")
        page.wait_for_selector(".summary")
    else:
        page.goto(f"{site.url}/{language}/{PAGES[name][LANGUAGES.index(language)]}")


def sheets(page, folder):
    """All widths and schemes of one page beside each other, at a third of their size."""
    for name, language in product([*PAGES, "form-in-error"], LANGUAGES):
        rows = ""
        for scheme, width in product(SCHEMES, WIDTHS):
            rows += f'<img src="{language}/{name}-{width}-{scheme}.png" width="{width // 3}"> '
        (folder / "sheet.html").write_text(f"<title>{name}</title><body>{rows}")
        page.goto((folder / "sheet.html").resolve().as_uri())
        page.screenshot(path=folder / "sheets" / f"{name}-{language}.png", full_page=True)
    (folder / "sheet.html").unlink()


def printed(site, page, folder):
    """The PDF as it leaves the printer, and a picture of the same at the width of its text."""
    for name, (number, language) in product(("front", "commitment-3", "declaration"), enumerate(LANGUAGES)):
        page.goto(f"{site.url}/{language}/{PAGES[name][number]}")
        page.pdf(path=folder / language / f"{name}.pdf", prefer_css_page_size=True)
        page.emulate_media(media="print")
        page.screenshot(path=folder / language / f"{name}-print.png", full_page=True)


def main(folder):
    for name in (*LANGUAGES, "details", "sheets"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as site_folder, sync_playwright() as playwright:
        site = RunningSite(site_folder)
        site.environment["COMPONENTS_PAGE"] = "true"
        site.prepare()
        site.start()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=SWITCHES)
        try:
            shots(site, browser, folder)
        finally:
            browser.close()
            site.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
