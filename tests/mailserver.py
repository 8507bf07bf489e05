"""Mail servers of the tests: one in Python that behaves as badly as it is told to, and Debian's Postfix."""

import contextlib
import os
import pwd
import shutil
import signal
import smtplib
import socketserver
import subprocess
import threading
import time
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

from tests.running import free_port, until

POSTFIX = shutil.which("postfix", path="/usr/sbin:/usr/bin")


@dataclass
class Taken:
    """One mail as the server took it."""

    recipients: list
    message: object
    at: float  # time.monotonic
    cut: bool  # and was not told so

    @property
    def message_id(self):
        return self.message["Message-ID"]


class MailServer:
    """Takes mail, or does as `mode` says: down, slow, 451 or 550 (at RCPT), 552 (at DATA), cut (after DATA), hang."""

    MODES = ("down", "slow", "451", "550", "cut", "hang")

    def __init__(self):
        self.port, self.mode, self.taken = free_port(), "fine", []
        self.recipients_seen, self.refused, self.closed = [], [], threading.Event()
        #: Called when a client has begun DATA, before it is answered.
        self.at_data = lambda: None
        outer = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError):
                    outer.converse(self.rfile, self.wfile)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True

        self.server = Server(("127.0.0.1", self.port), Session)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def converse(self, reader, writer):
        def say(line):
            if self.mode == "slow":
                time.sleep(0.4)
            writer.write(line.encode() + b"\r\n")

        if self.mode == "hang":
            self.closed.wait()  # the client leaves first
            return
        if self.mode == "down":
            return
        say("220 ready")
        recipients = []
        while line := reader.readline().decode(errors="replace").strip():
            command = line.upper()
            if command.startswith("RCPT"):
                recipient = line.split("<", 1)[1].rstrip(">")
                self.recipients_seen.append(recipient)
                if self.mode in ("451", "550"):
                    if self.mode == "550":
                        self.refused.append(recipient)
                    say(f"{self.mode} 5.1.1 not {recipient}")
                    continue
                recipients.append(recipient)
            if command == "DATA":
                self.at_data()
                say("354 go on")
                message = b"".join(iter(lambda: end_of_data(reader.readline()), None))
                if self.mode == "552":
                    say("552 5.3.4 too big")
                    continue
                parsed = message_from_bytes(message, policy=policy.default)
                self.taken.append(Taken(recipients, parsed, time.monotonic(), self.mode == "cut"))
                recipients = []
                if self.mode == "cut":
                    return
            say("221 bye" if command == "QUIT" else "250 fine")

    def close(self):
        self.closed.set()
        self.server.shutdown()
        self.server.server_close()


def end_of_data(line):
    """A line of a mail without the dot that SMTP doubles; None for its end."""
    if line in (b".\r\n", b""):
        return None
    return line[1:] if line.startswith(b"..") else line


class Postfix:
    """Debian's Postfix on a loopback port, with a queue of its own, delivering everything into one Maildir.

    It offers nothing beyond RFC 821 and takes seven bits alone, so what passes here passes everywhere.
    """

    SETTINGS = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = /dev/stdout
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = mail.example
mydestination =
local_recipient_maps =
alias_maps =
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = vm.example
virtual_mailbox_base = {folder}/mailboxes
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_recipient_restrictions = check_recipient_access inline:{{ {access} }}, permit_mynetworks, reject
smtpd_discard_ehlo_keywords = size, 8bitmime, smtputf8, chunking
message_size_limit = 20000
smtpd_line_length_limit = 998
smtpd_peername_lookup = no
strict_7bit_headers = yes
strict_8bitmime_body = yes
"""
    ACCESS = {
        "putoff@vm.example": "451 4.3.0 come back later",
        "unknown@vm.example": "550 5.1.1 no such mailbox",
    }
    SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""

    def __init__(self, folder):
        self.folder, self.port = Path(folder), free_port()
        owner = pwd.getpwnam("postfix")
        for name in ("queue", "data", "mailboxes", "config"):
            (self.folder / name).mkdir()
        for name in ("data", "mailboxes"):
            os.chown(self.folder / name, owner.pw_uid, owner.pw_gid)
        access = ", ".join(f"{{ {address} = {answer} }}" for address, answer in self.ACCESS.items())
        settings = self.SETTINGS.format(folder=folder, access=access, uid=owner.pw_uid, gid=owner.pw_gid)
        config = self.folder / "config"
        (config / "main.cf").write_text(settings)
        (config / "master.cf").write_text(self.SERVICES.format(port=self.port))
        self.log = (self.folder / "log").open("wb")
        command = [POSTFIX, "-c", str(config), "start-fg"]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT)
        until(self.answers)

    def answers(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        with contextlib.suppress(OSError, smtplib.SMTPException), smtplib.SMTP("127.0.0.1", self.port, timeout=5):
            return True
        return False

    @contextlib.contextmanager
    def hanging(self):
        """Connections are taken by the system, and nobody answers."""
        master = int((self.folder / "queue/pid/master.pid").read_text())
        frozen = [master, *map(int, Path(f"/proc/{master}/task/{master}/children").read_text().split())]
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in frozen:
                os.kill(pid, signal.SIGCONT)

    def inbox(self):
        """The mails that were delivered, as they lie in the mailbox."""
        return [file.read_bytes() for file in sorted((self.folder / "mailboxes/inbox/new").glob("*"))]

    def close(self):
        subprocess.run([POSTFIX, "-c", str(self.folder / "config"), "stop"], capture_output=True)
        self.process.wait(timeout=30)
        self.log.close()
