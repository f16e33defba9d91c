"""The configuration of `python -m synth textbook`. Written by hand in TOML; unknown keys fail."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from ..part import Part

_SMALL = {"a", "an", "and", "in", "of", "on", "the", "to"}
_RANGE = re.compile(r"\d+(?:-\d+)?(?:\s*,\s*\d+(?:-\d+)?)*")


class Book(Part):
    """One book. `licence` must be said, as an SPDX id or in words; of a book whose licence is "" nothing is quoted.

    `quote_words` caps one quotation, `quote_share` the share of the book's words that one run may quote in all.
    `pages` ("12-40, 55") keeps those pages of the file, counted from 1; empty keeps all.
    """

    path: str
    title: str = Field(min_length=1)
    licence: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    edition: str = ""
    quote_words: int = Field(default=40, ge=1)
    quote_share: float = Field(default=0.1, ge=0, le=1)
    pages: str = ""
    adapter: Literal["", "docling"] = ""

    @field_validator("pages")
    @classmethod
    def _is_a_range(cls, text: str) -> str:
        if text and not _RANGE.fullmatch(text.strip()):
            raise ValueError('pages must look like "12-40" or "3, 12-40"')
        return text

    @property
    def source(self) -> str:
        """How the book is cited: authors, title, edition, year."""
        parts = (", ".join(self.authors), self.title, self.edition, str(self.year or ""))
        return ". ".join(part.rstrip(".") for part in parts if part)

    @property
    def id(self) -> str:
        """A short name for files and ids, made of first author, title and year."""
        surname = self.authors[0].split(",")[0].split(" ")[0] if self.authors else ""
        words = [word for word in re.findall(r"[a-z0-9]+", f"{surname} {self.title}".lower()) if word not in _SMALL]
        return "-".join((*words[:5], *([str(self.year)] if self.year else ())))

    def wants(self, number: int) -> bool:
        """Whether a page of the file, counted from 1, is to be read."""
        spans = [part.split("-") for part in self.pages.split(",") if part.strip()]
        return not spans or any(int(span[0]) <= number <= int(span[-1]) for span in spans)


class TextbookConfig(Part):
    books: tuple[Book, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _told_apart(self) -> TextbookConfig:
        ids = [book.id for book in self.books]
        if not all(ids):
            raise ValueError("a book needs a title, an author or a year in which some Latin letter or digit occurs")
        if twice := sorted({id_ for id_ in ids if ids.count(id_) > 1}):
            raise ValueError(f"two books are both called {', '.join(twice)}; tell them apart by title, author or year")
        return self
