"""Firefox and WebKit in front of the running site, each told the commands of W3C WebDriver in the way it hears them.

Firefox ESR hears them on a socket of its own (Marionette, the inner end of geckodriver, which Debian does not ship),
WebKitGTK through Debian's WebKitWebDriver over HTTP. Both are driven from here without a further package, and the
tests meet one class:

    def test_something(engine):             # once in each engine
        engine.visit("/fi/", width=390)
        engine.click(".menu")
        assert engine.evaluate("return document.title")

Chromium is driven by playwright: tests/browser.py. Where an engine is missing its tests are skipped, in CI they fail.
"""

import base64
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
import zlib
from pathlib import Path

import pytest

from tests.browser import missing, wait_for
from tests.running import free_port, until

ENGINES = ("firefox", "webkit")
#: Keys as WebDriver writes them.
ENTER, ESCAPE = "\ue007", "\ue00c"
#: The name under which WebDriver hands over an element.
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
PREFERENCES = """
user_pref("marionette.port", 0);
user_pref("browser.display.use_system_colors", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("ui.useOverlayScrollbars", 1);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
"""
#: The toolbar of WebKit's small browser would not let its window be narrower than 447 pixels.
SMALL_TOOLBAR = "* { min-width: 0; padding: 0; margin: 0; border-width: 0; font-size: 1px; }"
#: Until a page has been painted WebKit's driver finds nothing in it, and where the focus goes is not settled.
PAINTED = "return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(null))))"
#: What sticks out of the page sideways.
OVERFLOW = """if (document.documentElement.scrollWidth <= innerWidth) return [];
return [...document.querySelectorAll("body, body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
    .map(e => `${innerWidth} ${location.pathname} ${e.tagName}.${e.className}`);"""
#: Words of headings that stand on two lines, though a line would hold them. A hyphen of their own may end a line.
BROKEN = r"""const found = [], headings = "h1, h2, h3, .name, .state, .deadline, .person, .responsible";
for (const heading of document.querySelectorAll(headings)) {
    const texts = document.createTreeWalker(heading, NodeFilter.SHOW_TEXT);
    while (heading.checkVisibility() && texts.nextNode()) {
        const node = texts.currentNode;
        let box = node.parentElement;
        while (getComputedStyle(box).display === "inline") box = box.parentElement;
        if (box.matches(".hero h1")) box = box.parentElement; // what stands beside it can give way
        const style = getComputedStyle(box);
        const room = box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
        for (const word of node.data.matchAll(/[^\s\-–]+/g)) {
            const range = document.createRange();
            range.setStart(node, word.index);
            range.setEnd(node, word.index + word[0].length);
            const parts = [...range.getClientRects()].filter(part => part.width > 0);
            const lines = new Set(parts.map(part => Math.round(part.top))).size;
            const width = parts.reduce((sum, part) => sum + part.width, 0);
            if (lines > 1 && width <= room) found.push(`${innerWidth} ${location.pathname} ${word[0]}`);
        }
    }
}
return found;"""


class Engine:
    """A browser window on a site. Subclasses start it and say how a command of WebDriver reaches it."""

    def __init__(self, site, folder):
        self.site, self.folder, self.programs = site, Path(folder), []
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    def run(self, *command, **options):
        output = (self.folder / "output").open("ab")
        program = subprocess.Popen(command, stdout=output, stderr=output, **options)
        output.close()
        self.programs.append(program)
        return program

    def stop(self):
        for program in reversed(self.programs):
            program.terminate()
            program.wait(timeout=60)

    def visit(self, path, width=1280, height=800):
        self.resize(width, height)
        self.command("Navigate", url=self.site.url + path)
        self.evaluate(PAINTED)

    def evaluate(self, script, *arguments):
        """What a function with this body returns in the page."""
        return self.command("ExecuteScript", script=script, args=arguments)

    def find(self, selector):
        """The first element that matches, once it is there."""
        wait_for(lambda: self.has(selector), f"{selector} on {self.path}")
        return self.command("FindElement", using="css selector", value=selector)[ELEMENT]

    def has(self, selector):
        return self.evaluate("return document.querySelector(arguments[0]) !== null", selector)

    def click(self, selector):
        self.command("ElementClick", id=self.find(selector))

    def check(self, selector):
        """A box or a choice; one that is checked already stays so."""
        if not self.evaluate("return document.querySelector(arguments[0]).checked", selector):
            self.click(selector)

    def fill(self, selector, text):
        element = self.find(selector)
        self.command("ElementClear", id=element)
        self.command("ElementSendKeys", id=element, text=text)

    def press(self, selector, keys):
        """Types into an element without emptying it first."""
        self.command("ElementSendKeys", id=self.find(selector), text=keys)

    def send(self, selector="form.form button"):
        """Presses a form's button and waits for the page that follows, at the same address or another."""
        self.evaluate("document.documentElement.dataset.left = ''")
        self.click(selector)
        gone = "return !('left' in document.documentElement.dataset) && document.readyState === 'complete'"
        wait_for(lambda: self.evaluate(gone), f"the page after {self.path}")
        self.evaluate(PAINTED)

    def text(self, selector="main"):
        self.find(selector)
        return self.evaluate("return document.querySelector(arguments[0]).innerText", selector)

    def value(self, selector):
        return self.evaluate("return document.querySelector(arguments[0]).value", selector)

    @property
    def path(self):
        return self.evaluate("return location.pathname")

    def forget(self):
        """As a new visitor: no cookies, text of its own size, nothing complained of yet."""
        self.visit("/robots.txt")
        self.enlarge_text(1)
        self.command("DeleteAllCookies")
        self.complaints()

    def sign_in(self, name, language="fi", code=""):
        self.visit(f"/{language}/hallinta/login/")
        self.fill("[name=username]", name)
        self.fill("[name=password]", self.site.passwords[name])
        self.fill("[name=code]", code) if code else None
        self.press("[name=password]", ENTER)
        self.find("#user-tools")


class Firefox(Engine):
    name = "firefox"

    def start(self):
        firefox = shutil.which("firefox-esr") or missing("firefox-esr")
        profile = self.folder / "profile"
        profile.mkdir()
        (profile / "user.js").write_text(PREFERENCES)
        switches = ["--headless", "--marionette", "--remote-allow-system-access", "--no-remote"]
        self.run(firefox, *switches, "--profile", profile)
        port = profile / "MarionetteActivePort"
        until(lambda: port.exists() and port.read_text())
        self.socket = socket.create_connection(("127.0.0.1", int(port.read_text())))
        self.answers = self.socket.makefile("rb")
        self.number = 0
        self.read()
        self.command("NewSession", capabilities={"alwaysMatch": {"unhandledPromptBehavior": "accept"}})
        self.command("SetWindowRect", width=1700, height=1400)

    def read(self):
        length = b""
        while (byte := self.answers.read(1)) != b":":
            assert byte, "Firefox has gone"
            length += byte
        return json.loads(self.answers.read(int(length)))

    def command(self, name, **parameters):
        self.number += 1
        name = name if ":" in name else f"WebDriver:{name}"
        message = json.dumps([0, self.number, name, parameters]).encode()
        self.socket.sendall(str(len(message)).encode() + b":" + message)
        _kind, number, error, result = self.read()
        assert number == self.number
        if error:
            raise RuntimeError(f"{name}: {error['error']}: {error['message']}")
        return result.get("value", result)

    def in_the_browser(self, script, *arguments):
        """What a function returns in the browser's own window, where its preferences and its console are at hand."""
        self.command("Marionette:SetContext", value="chrome")
        try:
            return self.evaluate(script, *arguments)
        finally:
            self.command("Marionette:SetContext", value="content")

    def resize(self, width, height):
        """The page's own width: the window around it is never narrower than 500 pixels."""
        self.in_the_browser(
            """const s = gBrowser.selectedBrowser.style, [width, height] = arguments;
            s.minWidth = s.maxWidth = `${width}px`; s.minHeight = s.maxHeight = `${height}px`;""",
            width,
            height,
        )
        wait_for(lambda: self.evaluate("return [innerWidth, innerHeight]") == [width, height], "the new size")

    @contextlib.contextmanager
    def forced_colors(self):
        """As in Settings, Manage Colors, "Always"."""
        setting = "browser.display.document_color_use"
        self.in_the_browser("Services.prefs.setIntPref(arguments[0], 2)", setting)
        try:
            yield
        finally:
            self.in_the_browser("Services.prefs.clearUserPref(arguments[0])", setting)

    def enlarge_text(self, factor):
        """Of the page that is open, as in the menu View, Zoom, "Zoom Text Only"."""
        self.in_the_browser("gBrowser.selectedBrowser.browsingContext.textZoom = arguments[0]", factor)

    def sheets(self):
        """On how many sheets of A4 the page is printed."""
        page = {"width": 21, "height": 29.7}
        printed = base64.b64decode(self.command("Print", page=page, background=False, shrinkToFit=True))
        streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", printed, re.DOTALL)
        text = printed
        for stream in streams:
            with contextlib.suppress(zlib.error):
                text += zlib.decompress(stream)
        return len(re.findall(rb"/Type\s*/Page\b", text))

    def complaints(self):
        """Errors and breaches of the policy that the site's pages caused since the last call."""
        told = self.in_the_browser(
            """const told = Services.console.getMessageArray().filter(m => m instanceof Ci.nsIScriptError)
                .filter(m => m.category === "CSP" || !(m.flags & Ci.nsIScriptError.warningFlag))
                .map(m => [m.sourceName, `${m.category}: ${m.errorMessage}`]);
            Services.console.reset();
            return told;"""
        )
        return [f"{source} {said}" for source, said in told if source.startswith(self.site.url)]


class WebKit(Engine):
    name, session = "webkit", ""
    #: Method and address of each command that is used here; {id} is an element's.
    COMMANDS = {
        "Navigate": ("POST", "/url"),
        "ExecuteScript": ("POST", "/execute/sync"),
        "FindElement": ("POST", "/element"),
        "ElementClick": ("POST", "/element/{id}/click"),
        "ElementClear": ("POST", "/element/{id}/clear"),
        "ElementSendKeys": ("POST", "/element/{id}/value"),
        "SetWindowRect": ("POST", "/window/rect"),
        "DeleteAllCookies": ("DELETE", "/cookie"),
    }

    def start(self):
        driver = shutil.which("WebKitWebDriver") or missing("WebKitWebDriver")
        browsers = [*Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser")]
        browser = browsers[0] if browsers else missing("MiniBrowser")
        style = self.folder / "gtk-3.0/gtk.css"
        style.parent.mkdir()
        style.write_text(SMALL_TOOLBAR)
        # Or pages would glide into each other, and its driver would find nothing in them meanwhile.
        style.with_name("settings.ini").write_text("[Settings]\ngtk-enable-animations=0\n")
        port = free_port()
        environment = os.environ | {"DISPLAY": self.display(), "XDG_CONFIG_HOME": str(self.folder)}
        self.run(driver, f"--port={port}", env=environment)
        self.session = f"http://127.0.0.1:{port}"
        until(lambda: self.is_ready())
        options = {"binary": str(browser), "args": ["--automation"]}
        capabilities = {"webkitgtk:browserOptions": options, "unhandledPromptBehavior": "accept"}
        begun = self.ask("POST", "/session", capabilities={"alwaysMatch": capabilities})
        self.session += f"/session/{begun['sessionId']}"
        # What the window has above the page.
        self.command("SetWindowRect", x=0, y=0, width=1200, height=1000)
        wait_for(lambda: self.evaluate("return innerWidth") == 1200, "the new size")
        self.above = 1000 - self.evaluate("return innerHeight")

    def display(self):
        """The number of a screen of our own, which Xvfb chooses."""
        server = shutil.which("Xvfb") or missing("Xvfb")
        ours, its = os.pipe()
        self.run(server, "-displayfd", str(its), "-screen", "0", "1700x1400x24", "-nolisten", "tcp", pass_fds=[its])
        os.close(its)
        with os.fdopen(ours) as told:
            return f":{told.readline().strip()}"

    def is_ready(self):
        with contextlib.suppress(OSError):
            return self.ask("GET", "/status")["ready"]

    def stop(self):
        if "/session/" in self.session:
            with contextlib.suppress(OSError, RuntimeError):
                self.ask("DELETE", "")
        super().stop()

    def ask(self, method, path, **parameters):
        data = json.dumps(parameters).encode() if method == "POST" else None
        request = urllib.request.Request(self.session + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.read().decode()}") from None

    def find(self, selector):
        found = super().find(selector)
        # After typing its driver no longer scrolls by itself.
        self.evaluate("document.querySelector(arguments[0]).scrollIntoView({ block: 'center' })", selector)
        return found

    def command(self, name, **parameters):
        method, path = self.COMMANDS[name]
        return self.ask(method, path.format(id=parameters.pop("id", "")), **parameters)

    def resize(self, width, height):
        # Around the pointer, in the middle of the screen: where there is no window manager the focus is under it.
        self.command("SetWindowRect", x=(1700 - width) // 2, y=100, width=width, height=height + self.above)
        wait_for(lambda: self.evaluate("return [innerWidth, innerHeight]") == [width, height], "the new size")

    def complaints(self):
        """Nothing: its console reaches neither WebDriver nor the browser's output."""
        return []

    def enlarge_text(self, factor):
        """Of the page that is open. Its own zoom of text alone is out of reach, so each element gets what it would."""
        self.evaluate(
            """const sizes = [...document.querySelectorAll("body, body *")]
                .map(element => [element, parseFloat(getComputedStyle(element).fontSize)]);
            for (const [element, size] of sizes) element.style.fontSize = `${arguments[0] * size}px`;""",
            factor,
        )


@pytest.fixture(scope="session")
def engines(site, tmp_path_factory):
    """Each engine that was asked for, started once."""
    running = {}

    def started(kind):
        if kind.name not in running:
            running[kind.name] = kind(site, tmp_path_factory.mktemp(kind.name))
        return running[kind.name]

    yield started
    for engine in running.values():
        engine.stop()


@pytest.fixture(params=[Firefox, WebKit], ids=ENGINES)
def engine(request, engines):
    """A new visitor in one engine, then in the other."""
    visitor = engines(request.param)
    visitor.forget()
    return visitor


@pytest.fixture
def firefox(engines):
    visitor = engines(Firefox)
    visitor.forget()
    return visitor
