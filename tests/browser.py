"""The site as its readers meet it: the real programs on a free port, and Chromium in front of them.

    pytestmark = pytest.mark.browser

The fixtures site, browser, visit and axe are known everywhere through conftest: imported into a module, each would
start a browser of its own. Where a tool is missing the tests are skipped in one line; in CI that is a failure.
"""

import contextlib
import json
import os
import re
import shutil
import time
from xml.etree import ElementTree

import pytest

from tests.running import ROOT, RunningSite

CHECKERS = ROOT / ".ci" / "node_modules"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def missing(what):
    """Without a tool a test says so in one line; in CI the tool is never missing."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing", pytrace=False)
    pytest.skip(f"{what} is missing: .ci/run installs it")


def checker(*parts):
    path = CHECKERS.joinpath(*parts)
    return path if path.exists() else missing(f"{parts[0]} (npm ci in .ci)")


class Site(RunningSite):
    """The site's own programs, started as production starts them: the web server and the worker."""

    def start(self):
        self.environment["COMPONENTS_PAGE"] = "true"
        prepared = self.prepare("--accounts")
        #: The passwords that a new installation prints once, by name.
        self.passwords = dict(re.findall(r"^  (\w+) +(\S+)$", prepared, re.MULTILINE))
        shutil.copy(self.folder / "site.sqlite3", self.folder / "as-prepared.sqlite3")
        self._start_programs()

    def _start_programs(self):
        self.output = (self.folder / "programs.log").open("ab")
        super().start()

    def stop(self):
        super().stop()
        self.output.close()

    def begin_again(self):
        """The site as `manage.py prepare` left it, with the same passwords."""
        self.stop()
        for file in self.folder.glob("site.sqlite3*"):
            file.unlink()
        shutil.copy(self.folder / "as-prepared.sqlite3", self.folder / "site.sqlite3")
        for folder in ("editions", "mail"):
            shutil.rmtree(self.folder / folder, ignore_errors=True)
        self._start_programs()

    def log(self):
        return (self.folder / "programs.log").read_text()

    def pages(self):
        """The path of every page in the sitemap."""
        tree = ElementTree.fromstring(self.get("/sitemap.xml")[1])
        return [url.findtext("{*}loc").removeprefix(self.url) for url in tree]

    def other_states(self):
        """Pages that no sitemap lists: thanks, a link that does not work, an address that leads nowhere, components."""
        for language, (form, thanks, confirm) in OTHER.items():
            yield COMPONENTS[language]
            yield f"/{language}/{form}/{thanks}/"
            yield f"/{language}/{confirm}/unknown/"
            yield f"/{language}/nothing-here/"


OTHER = {
    "fi": ("verkosto/liity", "kiitos", "verkosto/vahvista"),
    "sv": ("natverk/anmal-dig", "tack", "natverk/bekrafta"),
    "en": ("network/join", "thanks", "network/confirm"),
}
LANGUAGES = tuple(OTHER)
COMPONENTS = {"fi": "/fi/komponentit/", "sv": "/sv/komponenter/", "en": "/en/components/"}
FORMS = {language: f"/{language}/{form}/" for language, (form, _thanks, _confirm) in OTHER.items()}


FOCUSED = "selector => document.activeElement.matches(selector)"


def wait_for(condition, what, seconds=60):
    """Asks again until it is so; at first after a hundredth of a second, for most of it is a matter of a frame.

    Playwright's own page.wait_for_function asks from within the page, where its eval breaks the content security policy
    unless the first answer is true.
    """
    until, pause = time.monotonic() + seconds, 0.01
    while not condition():
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(pause)
        pause = min(1.5 * pause, 0.1)


def wait_for_focus(page, selector):
    """A page moves the focus when it is first painted, which a transition or a slow machine puts off."""
    wait_for(lambda: page.evaluate(FOCUSED, selector), f"the focus on {selector}")


def mail_to(site, address, number=1):
    """The text of the n-th mail to an address, once it has come."""

    def texts():
        return [mail.get_content() for mail in site.mails() if mail["To"] == address]

    wait_for(lambda: len(texts()) >= number, f"mail {number} to {address}")
    return texts()[number - 1]


def link_to(site, address, number=1):
    """The path of the link in that mail."""
    return re.search(rf"^{site.url}(/\S+/[\w-]{{43}}/)$", mail_to(site, address, number), re.MULTILINE)[1]


@contextlib.contextmanager
def started_site(folder):
    running = Site(folder)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    with started_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(autouse=True)
def site_of_a_second_try(request):
    """What the first try of a test left on the site must not fail the second."""
    if getattr(request.node, "execution_count", 1) > 1 and "site" in request.fixturenames:
        request.getfixturevalue("site").begin_again()


@pytest.fixture(scope="session")
def browser():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright")
    chromium = shutil.which("chromium") or missing("chromium")
    # Playwright leaves a running loop behind in this thread; Django's own tests, later in it, are not asynchronous.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        playwright = sync_playwright().start()
    except Exception as error:  # its driver is a program of its own, which needs Debian's libatomic1
        missing(f"what playwright's driver needs ({error})")
    running = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
    yield running
    running.close()
    playwright.stop()


@pytest.fixture(scope="session")
def axe():
    """axe(page) lists what axe-core finds, as lines to read."""
    source = checker("axe-core", "axe.min.js").read_text(encoding="utf-8")
    options = json.dumps({"runOnly": TAGS, "resultTypes": ["violations"], "preload": False})

    def found(page):
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(source)  # not a script of the page: its policy does not apply
        # Icons are letters of a font: until it has come they are words to axe.
        violations = page.evaluate(f"async () => (await document.fonts.ready, await axe.run({options})).violations")
        return [
            f"{page.url} {violation['id']}: {node['target']} {node['failureSummary'].splitlines()[-1].strip()}"
            for violation in violations
            for node in violation["nodes"]
        ]

    return found


class Watched:
    """A page whose complaints and requests are kept."""

    def __init__(self, context, site):
        self.page, self.site, self.complaints = context.new_page(), site, []
        self.page.on("console", self._said)
        self.page.on("pageerror", self._broke)
        self.page.on("requestfailed", self._failed)
        self.page.on("request", self._asked)

    def _said(self, message):
        # A page that is meant to answer 404 is reported by the browser as well.
        if message.type in ("error", "warning") and message.location.get("url") != self.page.url:
            self._broke(message.text)

    def _broke(self, said):
        # A slow machine shows the new page before its transition has begun: the browser gives up the transition alone.
        if "Transition was aborted" not in str(said):
            self.complaints.append(f"{self.page.url} {said}")

    def _failed(self, request):
        if request.failure != "net::ERR_ABORTED":  # the page was left before everything of it had come
            self.complaints.append(f"{request.url} {request.failure}")

    def _asked(self, request):
        if not request.url.startswith((f"{self.site.url}/", "data:")):
            self.complaints.append(f"{self.page.url} asked for {request.url}")

    def open(self, path):
        self.page.goto(self.site.url + path)
        return self.page


@pytest.fixture
def visit(browser, site):
    """visit(scheme, width) gives a new visitor's page."""
    contexts = []

    def new(scheme="light", width=1280, **options):
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}, **options)
        context.set_default_timeout(60_000)
        contexts.append(context)
        return Watched(context, site)

    yield new
    for context in contexts:
        context.close()


def sign_in(page, site, name, language="fi"):
    page.goto(f"{site.url}/{language}/hallinta/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", site.passwords[name])
    page.press("input[name=password]", "Enter")
    page.wait_for_selector("#user-tools")
    return page
