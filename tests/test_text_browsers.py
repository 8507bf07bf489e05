"""w3m and lynx, which know neither stylesheets nor scripts, send the form for joining, as people do: by keyboard."""

import contextlib
import fcntl
import os
import pty
import re
import select
import shutil
import struct
import termios
import time

import pytest

from tests.browser import FORMS, missing, wait_for

pytestmark = pytest.mark.browser

DOWN = "\x1b[B"


class Terminal:
    """A program in a terminal: what it has written, and keys for it."""

    def __init__(self, *command, home):
        path = shutil.which(command[0]) or missing(command[0])
        self.pid, self.end = pty.fork()
        if self.pid == 0:
            # The program itself is wanted, and no shell.
            os.execve(path, command, {"TERM": "xterm", "HOME": str(home), "LC_ALL": "C.UTF-8", "PATH": os.defpath})  # noqa: S606
        fcntl.ioctl(self.end, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 100, 0, 0))
        self.written = ""

    def read(self, seconds):
        """Takes in what the program writes, until it has been silent for so long."""
        while select.select([self.end], [], [], seconds)[0]:
            try:
                self.written += os.read(self.end, 65536).decode(errors="replace")
            except OSError:
                return

    def wait_for(self, pattern, seconds=30):
        until = time.monotonic() + seconds
        while not re.search(pattern, self.written):
            self.read(0.1)
            assert time.monotonic() < until, f"waited in vain for {pattern} in {self.written[-2000:]!r}"

    def keys(self, keys):
        self.written = ""
        os.write(self.end, keys.encode())
        self.read(0.05)

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self.end)


@pytest.fixture
def terminal(tmp_path):
    """terminal(command) starts a program, which ends with the test."""
    running = []

    def start(*command):
        running.append(Terminal(*command, home=tmp_path))
        return running[-1]

    yield start
    for program in running:
        program.close()


def sent_from(site, program, address):
    """The page that thanks has come, and then the mail."""

    def thanked():
        program.keys("\x0c")  # everything is drawn anew
        return "Thank you for your request" in program.written

    wait_for(thanked, "the thanks")
    wait_for(lambda: address in [mail["To"] for mail in site.mails()], f"the mail to {address}")


def test_lynx_sends_the_form(site, terminal):
    """Down leads from field to field; what is typed goes into the field; Enter chooses and sends."""
    lynx = terminal("lynx", "-nocolor", "-nopause", site.url + FORMS["en"])
    lynx.wait_for("Name")
    lynx.keys("/Name\r")
    for keys in ("Pentti", "lynx@vm.example", "", "", "", "", "Kunta"):  # the title and three languages are let be
        lynx.keys(keys)
        lynx.keys(DOWN)
    lynx.keys("\r")
    lynx.keys("/Send the request to\r")
    lynx.keys("\r")
    sent_from(site, lynx, "lynx@vm.example")


def test_w3m_sends_the_form(site, terminal):
    """Tab leads from field to field; Enter asks for the text of a field, chooses and sends; / finds a word."""
    w3m = terminal("w3m", site.url + FORMS["en"])
    w3m.wait_for("Name")
    w3m.keys("/Name\r")
    for tabs, text in ((1, "Pentti\r"), (1, "w3m@vm.example\r"), (5, "Kunta\r"), (1, "")):
        w3m.keys("\t" * tabs)
        w3m.keys("\r")
        w3m.keys(text)
    w3m.keys("/Send the request to\r")
    w3m.keys("\r")
    sent_from(site, w3m, "w3m@vm.example")
