"""The search of every page of the admin: drafts and public texts in all languages, and what people wrote."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import CharField, TextField
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.html import escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from website.publishing.admin.overview import ContentRow, content_rows
from website.publishing.edition import EditionRequest
from website.publishing.texts import paragraphs
from website.text.characters import SOFT_HYPHEN
from website.text.cleaning import clean_line, clean_phone

SEARCHED = "searched"  # session key
SHORTEST = 2  # letters of what is searched for
MOST_HITS = 50  # things on the page
STEM = 6  # letters that two forms of a word have in common, at least
ENDING = 4  # letters that an inflected word may differ in at its end

PHONE = re.compile(r"[+(]*\d[\d\s()./-]{5,}")
AROUND_WORDS = "\"'”“„»«’‘()[].,;:!?…"

ONLY_DRAFT, ONLY_PUBLIC = _("only in the draft"), _("public, removed from the draft")


class Query:
    """What somebody searches for. Case does not matter; å, ä and ö are letters of their own.

    Marks around words, as of a quotation, are no part of them. A phone number is found however it is spaced.
    """

    def __init__(self, typed: str) -> None:
        self.text = clean_line(typed)
        words = [word.strip(AROUND_WORDS) for word in self.text.casefold().split()]
        self.words = [word for word in words if word]
        self.stems = [stem_of(word) for word in self.words]
        self.number = digits_of(clean_phone(self.text)) if PHONE.fullmatch(self.text) else ""

    def __bool__(self) -> bool:
        return len(self.text) >= SHORTEST and bool(self.words)

    def found_in(self, sentence: str) -> bool:
        if self.number and self.number in digits_of(sentence):
            return True
        folded = sentence.casefold()
        if not all(stem in folded for stem in self.stems):  # most sentences: no word of theirs need be looked at
            return False
        return all(any(is_form_of(word, other) for other in sentence.split()) for word in self.words)

    def marked(self, sentence: str) -> str:
        """The sentence as HTML, with what was searched for in <mark>."""
        pieces = []
        for piece in sentence.split():
            is_hit = any(is_form_of(word, piece) for word in self.words)
            is_hit = is_hit or bool(self.number and digits_of(piece) and digits_of(piece) in self.number)
            pieces.append(format_html("<mark>{}</mark>", piece) if is_hit else escape(piece))
        return mark_safe(" ".join(pieces))  # noqa: S308  every piece is escaped


def digits_of(text: str) -> str:
    return re.sub(r"\D", "", text)


def stem_of(word: str) -> str:
    """What other forms of a casefolded word begin with."""
    return word[: max(STEM, len(word) - ENDING)]


def is_form_of(word: str, other: str) -> bool:
    """Whether a word holds `word`, which is casefolded, or begins like it: then it may be another form of it."""
    other, stem = other.casefold(), stem_of(word)
    return word in other or (len(stem) < len(word) and other.lstrip('”"(«').startswith(stem))


@dataclass(frozen=True)
class Hit:
    """A sentence of one field that holds what was searched for."""

    sentence: str  # HTML, with what was found in <mark>
    field: Any
    state: Any  # words where it is not in the draft and public both, else ""

    @property
    def language(self) -> str:
        return getattr(self.field, "language", "")

    @property
    def language_name(self) -> str:
        return dict(settings.LANGUAGES).get(self.language, "")

    @property
    def label(self) -> Any:
        return getattr(self.field, "translated_field", self.field).verbose_name


@lru_cache(maxsize=5000)
def sentences_by_paragraph(text: str) -> tuple[list[str], ...]:
    """The sentences of each paragraph of a text with or without marks. A line break alone ends neither."""
    flowing = re.sub(r"<br>|(?<!\n)\n(?!\n)", " ", text.replace(SOFT_HYPHEN, ""))
    return tuple(re.split(r"(?<=[.!?…])\s+", paragraph) for paragraph in paragraphs(flowing) if paragraph)


def found_sentences(text: str, query: Query) -> Iterator[str]:
    """The sentences that hold what was searched for; the paragraph where several together do."""
    for sentences in sentences_by_paragraph(text):
        paragraph = " ".join(sentences)
        if query.found_in(paragraph):
            yield from [sentence for sentence in sentences if query.found_in(sentence)] or [paragraph]


def hits_in(row: ContentRow, public: Any, query: Query) -> list[Hit]:
    """The hits in a draft and in what the public reads of it."""
    hits = []
    for field in row.thing.content_fields():
        if isinstance(field, CharField | TextField) and not field.choices:
            draft = list(found_sentences(getattr(row.thing, field.attname) or "", query))
            read = list(found_sentences((public and getattr(public, field.attname)) or "", query))
            for sentence in dict.fromkeys([*draft, *read]):
                state = ONLY_PUBLIC if sentence not in draft else "" if sentence in read else ONLY_DRAFT
                hits.append(Hit(query.marked(sentence), field, state))
    return hits


class SearchMixin:
    """The page “Search” of PublicationAdmin. What is searched for may be a name: it stands in no address."""

    def search_view(self: Any, request: EditionRequest) -> Any:
        if request.method == "POST":
            # Until the session ends: for the other languages, for reloading and for going back.
            request.session[SEARCHED] = request.POST.get("q", "")[:200]
            return HttpResponseRedirect(request.path)
        query = Query(request.session.get(SEARCHED, ""))
        rows = content_rows(request) if query else []
        hits_by_row = [(row, hits_in(row, request.edition.public(row.thing), query)) for row in rows]
        hits_by_row = [(row, hits) for row, hits in hits_by_row if hits]
        context = {
            "searched": query.text,
            "too_short": not query,
            "found": hits_by_row[:MOST_HITS],
            "number": sum(len(hits) for _row, hits in hits_by_row),
            "people": people_found(request, query) if query else [],
        }
        return self.render_page(request, "publishing/search.html", _("Search"), **context)


def people_found(request: HttpRequest, query: Query) -> list[tuple[Any, str, str]]:
    """Kind, name and URL of what somebody wrote, of every kind that the user may see."""
    people = []
    for model, model_admin in admin.site._registry.items():
        if hasattr(model_admin, "rows_with") and model_admin.has_view_permission(request):
            people += [(model._meta.verbose_name, *hit) for hit in model_admin.rows_with(request, query.words)]
    return people
