"""A translated field more or less is one migration, and every older version can still be brought back."""

import os
import shutil
import subprocess
import sys

from tests.running import ROOT

ADD_FIELD = (
    "    lead = ContentParagraphField(",
    '    subtitle = ContentLineField("subtitle", max_length=50, blank=True)\n    lead = ContentParagraphField(',
)
ADD_COLUMNS = ('translated = ("title", "lead", ', 'translated = ("title", "subtitle", "lead", ')

BRING_BACK_OLDEST = """
from reversion.models import Version
from website.pages.models import Page
from website.publishing import workflow
from website.publishing.edition import Edition
page = Page.objects.get(pk="network")
versions = Version.objects.get_for_object(page)
workflow.restore(page, versions.last(), [field.name for field in Page.content_fields()])
public = Edition.load().get("pages.Page", "network")
print("|".join([page.title_fi, page.lead_sv, str(versions.count()), public.title_fi]))
"""
CHANGE = """
from website.pages.models import Page
from website.publishing import versions, workflow
page = Page.objects.get(pk="network")
page.title_fi = "Muutettu"
if hasattr(page, "subtitle_fi"):
    page.subtitle_sv = "Underrubrik"
workflow.save_draft(page)
"""


def test_adding_and_removing_a_translated_field_is_one_migration_and_loses_no_version(tmp_path):
    project, data = tmp_path / "project", tmp_path / "var"
    left_out = shutil.ignore_patterns(".git", "var", ".venv", "node_modules", "tests", "__pycache__")
    shutil.copytree(ROOT, project, ignore=left_out)
    data.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO")} | {
        "VAR_DIR": str(data),
        "SECRET_KEY": "for a copy of the project " + "0123456789" * 4,
        "SITE_URL": "http://127.0.0.1",
        "DATABASE_URL": f"sqlite:///{data / 'site.sqlite3'}",
    }

    def manage(*arguments, code=None):
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=project, env=environment, input=code, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def migrations():
        return {path.name for path in project.glob("*/**/migrations/0*.py")}

    def edit(path, before, after):
        text = (project / path).read_text()
        assert before in text
        (project / path).write_text(text.replace(before, after, 1))

    manage("migrate", "--verbosity=0")
    manage("seed")
    first = manage("shell", code=BRING_BACK_OLDEST).strip().splitlines()[-1].split("|")
    known = migrations()

    for number, (before, after) in enumerate(((0, 1), (1, 0)), start=1):
        edit("website/pages/models.py", ADD_FIELD[before], ADD_FIELD[after])
        edit("website/pages/models.py", ADD_COLUMNS[before], ADD_COLUMNS[after])
        manage("makemigrations", "--name", f"subtitle_{number}")
        assert len(migrations()) == len(known) + number
        manage("migrate", "--verbosity=0")
        manage("shell", code=CHANGE)
        again = manage("shell", code=BRING_BACK_OLDEST).strip().splitlines()[-1].split("|")
        # The same texts, and the public still reads the version from before the change.
        assert (again[0], again[1], again[3]) == (first[0], first[1], first[3])
        assert int(again[2]) > int(first[2])
