"""Writes the database of a small site as SQL: what tests/test_upgrade.py upgrades once it is of an earlier release.

`make upgrade-sample` runs it, before a release is tagged.
"""

import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from tests.running import RunningSite

CONTENT = """
from django.contrib.auth import get_user_model
from contacts.models import Message
from network.models import JoinRequest
from website.mail.outbox import enqueue
from website.pages.models import Page
from website.publishing import versions, workflow
person = get_user_model().objects.create_user("julkaisija", "julkaisija@example.fi", is_staff=True)
answers = {
    "name": "Maija Meikäläinen", "email": "maija@example.fi", "organisation": "Kaupunki",
    "organisation_type": "municipality", "language": "fi", "title": "", "interests": ["3"], "description": "Kokeilu",
}
request = JoinRequest.receive(answers, "maija@example.fi", suspected=False)
request.confirm(request.digest_to_confirm)
request.notes.create(text="Soitettu", by=person)
answers = {"kind": "content", "page": "", "message": "Puuttuva kohta", "name": "", "email": ""}
Message.receive(answers, "", language="sv", suspected=False)
context = {"token": "x", "days": 30, "confirmation_days": 14}
for language in ("fi", "sv"):
    enqueue("maija@example.fi", "network/mail/confirm.txt", language, context)
page = Page.objects.get(pk="home")
page.title_fi = "Julkaistu edellisessä versiossa"
workflow.save_draft(page, person)
workflow.publish([versions.latest_version(page)], by=person)
"""


def write(file):
    with tempfile.TemporaryDirectory() as folder:
        site = RunningSite(folder)
        site.prepare()
        site.manage("shell", "--verbosity=0", code=CONTENT)
        with closing(sqlite3.connect(Path(folder, "site.sqlite3"))) as database:
            lines = [f"{line}\n" for line in database.iterdump()]
        site.stop()
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
