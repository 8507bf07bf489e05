"""Databases of earlier releases, kept as SQL in tests/upgrades/, become databases of this one and lose nothing.

`make upgrade-sample` writes the sample of a release that is about to be made.
"""

import sqlite3
from contextlib import closing

import pytest

from tests.running import ROOT, RunningSite

SAMPLES = sorted(ROOT.glob("tests/upgrades/*.sql"))
#: What a sample holds beside the first content: tests/upgrade_sample.py.
EXPECTED = """
from django.contrib.auth import get_user_model
from contacts.models import Message
from network.models import JoinRequest
from website.mail.models import Mail
from website.publishing.models import Publication
request = JoinRequest.objects.get()
print(request.name, request.state, [note.text for note in request.notes.all()])
print(Message.objects.get().message, Mail.objects.count(), Publication.objects.exclude(published_by=None).count())
print(get_user_model().objects.get().email)
"""


def test_there_is_a_sample_of_the_last_release():
    assert SAMPLES


@pytest.mark.once
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_database_of_an_earlier_release_is_upgraded(sample, tmp_path):
    site = RunningSite(tmp_path)
    with closing(sqlite3.connect(tmp_path / "site.sqlite3")) as database:
        database.executescript(sample.read_text(encoding="utf-8"))
    site.prepare()
    site.manage("migrate", "--check")
    request, message, person = site.manage("shell", "--verbosity=0", code=EXPECTED).splitlines()
    assert request == "Maija Meikäläinen waiting ['Soitettu']"
    assert message == "Puuttuva kohta 2 1"
    assert person == "julkaisija@example.fi"
    front_page = (tmp_path / "editions/current/site/fi/index.html").read_text(encoding="utf-8")
    assert "Julkaistu edellisessä versiossa" in front_page
    site.stop()


@pytest.mark.once
def test_a_backup_of_an_earlier_release_becomes_a_database_of_this_one(tmp_path):
    site = RunningSite(tmp_path)
    with closing(sqlite3.connect(tmp_path / "site.sqlite3")) as database:
        database.executescript(SAMPLES[0].read_text(encoding="utf-8"))
    site.manage("backup", str(tmp_path / "backups"))
    site.prepare()
    site.manage("restore", str(tmp_path / "backups"))
    site.manage("migrate", "--check")
