"""A sentence that loses its mark for translation is found where it stands, be it written once or in many places."""

import ast
import re

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db import models
from django.utils.functional import Promise

from tests.catalogues import ROOT

PARTS = ("website", "declaration", "network", "opsi", "contacts")
#: Keyword arguments and attributes that people read or hear.
SPOKEN = {"label", "help_text", "description", "short_description", "verbose_name", "verbose_name_plural"}
SPOKEN |= {"title", "message", "heading", "button", "explanation"}
SPOKEN |= {"empty_label", "site_title", "site_header", "index_title"}
#: Functions whose texts are shown to somebody.
SHOWN = {"ValidationError", "add_error", "success", "counter", "choices_filter"}
#: Marks that translate at once: right in a function, wrong in what runs when the process starts.
AT_ONCE = {"gettext", "ngettext", "pgettext", "npgettext"}
#: Of programs, of names of files and of pages for developers.
NOT_FOR_READERS = {"website/robots.txt", "website/security.txt", "website/components.html"}
NO_WORDS = {"WCAG", "kirjaamo.vm@gov.fi", "saavutettavuus@traficom.fi", "&rsaquo;", "?state__exact=waiting"}
A_WORD = re.compile(r"[^\W\d_]{2}")


def trees():
    for path in sorted(path for part in PARTS for path in (ROOT / part).rglob("*.py")):
        if "migrations" not in path.parts:
            yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def is_text(node):
    """Whether a node of the syntax tree is words alone; keys and names have no space and no capital."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(A_WORD.search(node.value))


def is_sentence(node):
    return is_text(node) and (" " in node.value or node.value[0].isupper())


def called(node):
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def spoken_without_mark(tree):
    """Texts in places that people read, without a mark around them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from (k.value for k in node.keywords if k.arg in SPOKEN and is_text(k.value))
            if called(node) in SHOWN:
                yield from (argument for argument in node.args if is_sentence(argument))
        elif isinstance(node, ast.Assign):
            names = {getattr(target, "id", getattr(target, "attr", "")) for target in node.targets}
            if names & SPOKEN and is_text(node.value):
                yield node.value
        elif isinstance(node, ast.FunctionDef) and node.name in {"added_by_ministry", "remarks_on"}:
            yields = (inner.value for inner in ast.walk(node) if isinstance(inner, ast.Yield))
            yield from (value for value in yields if is_text(value))


#: Said to whoever looks into a log or a terminal, and to nobody else.
OF_NO_READER = {"not as it is stored by the outbox"}


def test_what_people_read_is_marked_in_python():
    found = [
        f"{path}:{text.lineno}: {text.value}"
        for path, tree in trees()
        for text in spoken_without_mark(tree)
        if text.value not in OF_NO_READER
    ]
    assert found == []


def test_texts_are_not_translated_when_the_process_starts():
    """They would be in one language for everybody: outside functions only lazy marks stand."""

    def outside_functions(node):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Lambda):
                continue
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                for always in (*child.decorator_list, *child.args.defaults, *filter(None, child.args.kw_defaults)):
                    yield from ast.walk(always)
            else:
                yield child
                yield from outside_functions(child)

    found = []
    for path, tree in trees():
        names = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
            for alias in node.names
            if alias.name in AT_ONCE
        }
        calls = (node for node in outside_functions(tree) if isinstance(node, ast.Call) and called(node) in names)
        found += [f"{path}:{call.lineno}" for call in calls]
    assert found == []


def of_ours(model):
    return model.__module__.split(".")[0] in PARTS


MODELS = [model for model in apps.get_models() if of_ours(model)]
SHOWN_MODELS = [model for model in MODELS if model in admin.site._registry]


@pytest.mark.parametrize("model", SHOWN_MODELS, ids=lambda model: model._meta.label_lower)
def test_the_names_of_what_the_admin_shows_are_marked(model):
    """Of the model, its fields, their help and their choices; what Django names by itself would be English."""
    # What no form, list or page of the admin shows has no name for people.
    internal = {"id", "translated_from", "serial", "digest"}
    assert all(isinstance(model._meta.__dict__[name], Promise) for name in ("verbose_name", "verbose_name_plural"))
    unmarked = []
    for field in model._meta.concrete_fields:
        if field.model is not model or field.name in internal or not (field.editable or field.is_relation):
            continue
        origin = getattr(field, "translated_field", field)
        texts = [origin.verbose_name] if not isinstance(field, models.OneToOneField) else []
        texts += [origin.help_text] if origin.help_text else []
        texts += [label for value, label in origin.choices or () if value and str(value) != str(label)]
        unmarked += [(field.name, str(text)) for text in texts if not isinstance(text, Promise)]
    languages = {name for _code, name in settings.LANGUAGES}
    assert [(name, text) for name, text in unmarked if text not in languages] == []


def words_of(template):
    """What a template says outside its tags and variables: in its text, and in attributes that are read aloud."""
    html = re.sub(r"{#.*?#}|{% ?comment.*?endcomment ?%}|<!--.*?-->", " ", template, flags=re.S)
    html = re.sub(r"{% ?blocktrans.*?endblocktrans\w* ?%}", " ", html, flags=re.S)
    html = re.sub(r"{% ?block (bodyclass|body_class) ?%}.*?{% ?endblock.*?%}", " ", html)
    html = re.sub(r"{%.*?%}|{{.*?}}", " ", html, flags=re.S)
    spoken = re.findall(r'\b(?:title|aria-label|alt|placeholder)="([^"]*)"', html)
    html = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.S)
    plain = re.sub(r"<[^>]*>", "\n", html, flags=re.S).splitlines()
    words = {text.strip() for text in (*spoken, *plain)}
    return {word for word in words if A_WORD.search(word) and word not in NO_WORDS}


def test_what_people_read_is_marked_in_templates():
    folder = ROOT / "templates"
    of_languages = {"Suomeksi", "På svenska", "In English"}  # each in its own language
    found = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = str(path.relative_to(folder))
        if name not in NOT_FOR_READERS:
            words = words_of(path.read_text(encoding="utf-8")) - of_languages
            found |= {name: words} if words else {}
    assert found == {}


@pytest.mark.parametrize(
    "broken",
    ["<p>Two words</p>", "<img alt='x' title=\"Close it\">", "{% translate 'a' %} and b", "Dear {{ name }}"],
)
def test_this_rule_sees_words_without_a_mark(broken):
    assert words_of(broken)


@pytest.mark.parametrize(
    "broken",
    [
        'field = CharField("x", help_text="As it is written.")',
        'title = "Your sessions"',
        'messages.success(request, "Done")',
        'raise ValidationError("Write a year.")',
        '@admin.display(description="age")\ndef age(): pass',
        'def remarks_on(self, row):\n    yield "suspected"',
    ],
)
def test_this_rule_sees_texts_without_a_mark(broken):
    assert list(spoken_without_mark(ast.parse(broken)))
