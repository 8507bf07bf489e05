"""Rules that the project itself keeps: rooms, import directions, settings, what must be confirmed before launch."""

import ast
import re
import subprocess

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from tests.running import ROOT
from website import environment

SECTIONS = ("declaration", "network", "opsi", "contacts")
#: The rooms with Python of their own, and the rooms each may import from.
MAY_IMPORT = {
    **{section: {"website", "website.publishing", "website.correspondence"} for section in SECTIONS},
    "website.pages": {"website", "website.publishing", "website.correspondence"},
    "website.correspondence": {"website", "website.publishing"},
    "website.publishing": {"website"},
}
#: They know all sections, and nobody imports them but Django and the addresses.
KNOW_ALL = ("website/urls.py", "website/views.py", "website/components.py")


def tracked():
    """The project's files: as git lists them, or without git all but what is made in the tree."""
    try:
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        made = {".venv", "var", "node_modules", "__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis", ".git"}
        files = (path for path in ROOT.rglob("*") if path.is_file())
        return [path for path in files if not made & set(path.relative_to(ROOT).parts)]
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).exists()]


def python_of(room):
    rooms = [other for other in MAY_IMPORT if other.startswith(f"{room}.")]
    for path in sorted(ROOT.joinpath(*room.split(".")).rglob("*.py")):
        inside = ".".join(path.relative_to(ROOT).parts)
        if "migrations" not in path.parts and not any(inside.startswith(other) for other in rooms):
            yield path


def room_of(module):
    """The room a module is in, or None when it is not ours."""
    for room in (*MAY_IMPORT, "website.prerender", "website"):
        if module == room or module.startswith(f"{room}."):
            return room
    return None


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{name.name}" for name in node.names)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_each_room_imports_only_from_where_it_may(room):
    wrong = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path in python_of(room)
        for module in imports_of(path)
        if (other := room_of(module)) and other != room and other not in MAY_IMPORT[room]
    }
    assert wrong == set()


def test_only_the_addresses_and_the_front_page_know_the_sections():
    wrong = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path in python_of("website")
        if str(path.relative_to(ROOT)) not in KNOW_ALL
        for module in imports_of(path)
        if room_of(module) in SECTIONS
    }
    assert wrong == set()


def test_one_module_knows_reversion():
    knowing = {
        str(path.relative_to(ROOT))
        for room in (*SECTIONS, "website")
        for path in ROOT.joinpath(room).rglob("*.py")
        if "migrations" not in path.parts
        for module in imports_of(path)
        if module.split(".")[0] == "reversion"
    }
    assert knowing == {"website/publishing/versions.py"}


def test_no_file_names_a_machine_a_package_index_or_a_secret():
    machine = re.compile(r"(?<![\w/.])/(?:root|work|home)/[a-z]|index-url\b.*https?:|https?://[^ ]*/simple\b")
    wrong = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix not in (".png", ".woff2", ".mo", ".ico") and path.name != "test_project.py"
        if machine.search(path.read_text(errors="replace"))
    ]
    assert wrong == []


def test_no_room_has_a_name_that_says_nothing():
    empty = re.compile(r"(^|/)(utils|helpers|core|common|misc|data|manager2)(\.py)?(/|$)")
    assert [str(path) for path in tracked() if empty.search(str(path.relative_to(ROOT)))] == []


def test_the_top_of_the_tree_holds_the_rooms_and_nothing_else():
    expected = {
        *("manage.py", "pyproject.toml", "declaration", "network", "opsi", "contacts", "templates", "static", "locale"),
        *(
            "tests",
            "tools",
            "README.md",
            "website",
            "deploy",
            "requirements",
            "Makefile",
            "SECURITY.md",
            "LICENSE",
            "NOTICE",
        ),
    }
    top = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert {name for name in top if not name.startswith(".")} <= expected


def test_a_required_setting_is_named_when_it_is_missing(monkeypatch):
    monkeypatch.delenv("SITE_URL", raising=False)
    with pytest.raises(ImproperlyConfigured, match="SITE_URL"):
        environment.text("SITE_URL")


def test_a_secret_can_come_from_a_file(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))
    assert environment.text("SECRET_KEY") == "from a file"


@pytest.mark.parametrize("function, value", [(environment.boolean, "yes"), (environment.number, "many")])
def test_a_wrong_spelling_in_the_environment_stops_the_start(monkeypatch, function, value):
    monkeypatch.setenv("SOMETHING", value)
    with pytest.raises(ImproperlyConfigured, match="SOMETHING"):
        function("SOMETHING", 0)


@pytest.mark.django_db
def test_models_and_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_what_the_ministry_must_confirm_is_listed_and_stops_nothing(capsys):
    call_command("check", deploy=True, databases=["default"])
    listed = capsys.readouterr().err
    for thing in ("Arja Terho", "innovation network", "adherents", "accessibility statement", "Finnish declaration"):
        assert thing in listed
    # What nobody has verified and the site says all the same.
    for thing in ("OECD-LEGAL-0450", "title and unit in Swedish and English", "transfers"):
        assert thing in listed


@pytest.mark.django_db
def test_what_is_confirmed_is_no_longer_listed(capsys):
    from contacts.models import Contact
    from website.publishing import versions, workflow

    mailbox = Contact.objects.get(name="")
    mailbox.email = "mailbox@example.fi"
    workflow.save_draft(mailbox)
    workflow.publish([versions.latest_version(mailbox)])
    call_command("check", deploy=True, databases=["default"])
    assert "e-mail address of the innovation network" not in capsys.readouterr().err
