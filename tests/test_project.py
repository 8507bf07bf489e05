"""Rules that the project itself keeps: apps, import directions, settings."""

import ast
import re
import subprocess
from graphlib import CycleError, TopologicalSorter

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from tests.running import ROOT
from website import environment

SECTIONS = ("declaration", "network", "opsi", "contacts")
#: What knows all sections: the front page, and the page of components; urls.py includes them by name.
KNOW_SECTIONS = ("website/views.py", "website/components.py")


def tracked():
    """The project's files: as git lists them, or without git all but what is made in the tree."""
    try:
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        made = {".venv", "var", "node_modules", "__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis", ".git"}
        files = (path for path in ROOT.rglob("*") if path.is_file())
        return [path for path in files if not made & set(path.relative_to(ROOT).parts)]
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).exists()]


def packages():
    """Every app and shared package by its dotted name: the four sections, and the folders of website/."""
    inside = [path.parent for path in sorted(ROOT.glob("website/*/__init__.py"))]
    named = {f"website.{path.name}": path for path in inside if path.name not in ("management", "formats")}
    return {section: ROOT / section for section in SECTIONS} | named


def python_of(folder):
    return [path for path in sorted(folder.rglob("*.py")) if "migrations" not in path.parts]


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def package_of(module):
    """The package that a module is in; "website" for a module of the project package; None where it is not ours."""
    names = [*packages(), "website"]
    return next((name for name in names if module == name or module.startswith(f"{name}.")), None)


def imported_packages():
    """By package, the other packages that it imports from."""
    return {
        name: {package_of(module) for path in python_of(folder) for module in imports_of(path)} - {None, name}
        for name, folder in packages().items()
    }


def test_no_app_imports_a_module_of_the_project_package():
    assert {name for name, imported in imported_packages().items() if "website" in imported} == set()


def test_no_app_knows_a_section_but_itself():
    assert {name for name, imported in imported_packages().items() if imported & set(SECTIONS)} == set()
    project = [*ROOT.glob("website/*.py"), *python_of(ROOT / "website/management")]
    knowing = {
        str(path.relative_to(ROOT))
        for path in project
        if {package_of(module) for module in imports_of(path)} & set(SECTIONS)
    }
    assert knowing == set(KNOW_SECTIONS)


def test_imports_between_packages_make_no_circle():
    graph = imported_packages()
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise AssertionError(" → ".join(error.args[1])) from None


def test_one_module_knows_reversion():
    knowing = {
        str(path.relative_to(ROOT))
        for folder in (*SECTIONS, "website")
        for path in ROOT.joinpath(folder).rglob("*.py")
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


def test_no_file_has_a_name_that_says_nothing():
    empty = re.compile(r"(^|/)(utils|helpers|core|common|misc|data|manager2)(\.py)?(/|$)")
    assert [str(path) for path in tracked() if empty.search(str(path.relative_to(ROOT)))] == []


def test_the_top_of_the_tree_holds_what_is_known_and_nothing_else():
    expected = {
        *("manage.py", "pyproject.toml", "declaration", "network", "opsi", "contacts", "templates", "static", "locale"),
        *("tests", "website", "deploy", "docs", "tools", "requirements", "Makefile", "LICENSE", "NOTICE"),
        *("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"),
    }
    top = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert {name for name in top if not name.startswith(".")} <= expected


def test_the_readme_lists_every_variable():
    settings = ROOT.joinpath("website/settings.py").read_text()
    variables = {"SECRET_KEY", *re.findall(r"environment\.\w+\(\s*\"([A-Z_]+)\"", settings)}
    listed = set(re.findall(r"`([A-Z_]+)`", ROOT.joinpath("README.md").read_text()))
    assert variables - listed == set()


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


def test_a_variable_of_numbers_names_those_that_differ(monkeypatch):
    defaults = {"feedback": 365, "mails": 30}
    monkeypatch.delenv("KEEP_DAYS", raising=False)
    assert environment.numbers("KEEP_DAYS", defaults) == defaults
    monkeypatch.setenv("KEEP_DAYS", "mails=0")
    assert environment.numbers("KEEP_DAYS", defaults) == {"feedback": 365, "mails": 0}
    monkeypatch.setenv("KEEP_DAYS", " mails=14\n feedback=400 ")
    assert environment.numbers("KEEP_DAYS", defaults) == {"feedback": 400, "mails": 14}


@pytest.mark.parametrize(
    "value, sentence",
    [
        ("feedbakc=400", "does not know 'feedbakc'. It knows feedback, mails"),
        ("400", "does not know '400'"),
        ("feedback=", "feedback a whole number, as in feedback=365"),
        ("feedback=-1", "feedback a whole number"),
        ("mails=14 feedback=a-year", "feedback a whole number"),
        ("feedback=400,mails=14", "feedback a whole number"),
    ],
)
def test_an_unknown_name_or_no_number_among_numbers_stops_the_start(monkeypatch, value, sentence):
    monkeypatch.setenv("KEEP_DAYS", value)
    with pytest.raises(ImproperlyConfigured, match=f"KEEP_DAYS.*{sentence}"):
        environment.numbers("KEEP_DAYS", {"feedback": 365, "mails": 30})


@pytest.mark.django_db
def test_models_and_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
