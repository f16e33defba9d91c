"""Where a book says something."""

from __future__ import annotations

from dataclasses import dataclass

from kg_service.core.trajectory import Passage


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of a passage, and where in which book it stands. `passage.text[start:end] == quote`.

    Where a heading says it, the quotation is the heading and the span is empty.
    """

    passage: str
    quote: str
    start: int
    end: int
    page: str
    path: tuple[str, ...]
    source: str

    @classmethod
    def of(cls, passage: Passage, start: int, end: int) -> Evidence:
        quote = passage.text[start:end]
        return cls(passage.id, quote, start, end, passage.page, passage.headings, passage.source)
