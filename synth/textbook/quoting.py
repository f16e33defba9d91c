"""What of a book may be quoted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from kg_service.core.errors import RecordInvalid
from kg_service.core.trajectory import Passage

from . import sentences
from .headings import caption
from .settings import QUOTE_WORDS

FEWEST = 5  # words of a quotation that says something
# What would break our own quotation marks and tags; rows of tables, questions, and what only leads on or adds.
_UNFIT = re.compile(r"[“”\"<>|?]|[:—–-]$|^\(|^[^\w\s]")


@dataclass(frozen=True, slots=True)
class Cap:
    """What one run may quote of a book: `words` in one quotation, `total` words in all."""

    words: int
    total: int


@dataclass(frozen=True, slots=True)
class _Stated:
    """What the report of a run states of one book."""

    source: str
    words: int
    quote_words: int
    quote_share: float


@dataclass(frozen=True, slots=True)
class _Report:
    books: dict[str, _Stated]


def quotable(passage: Passage, cap: int = QUOTE_WORDS) -> list[str]:
    """Whole sentences of at most `cap` words, without the full stop. None of a book without a stated licence."""
    if not passage.licence.strip():
        return []
    text = " ".join(passage.text.split())
    found = (text[start:end] for start, end in sentences.spans(text))
    return [
        sentence.rstrip(".")
        for sentence in found
        if FEWEST <= len(sentence.split()) <= cap and not _UNFIT.search(sentence) and not caption(sentence)
    ]


def caps(run_dir: Path) -> dict[str, Cap]:
    """The caps of each book of a run of `synth textbook`, by its source as its passages name it.

    Raises:
        RecordInvalid: `textbook-report.json` is missing or broken.
    """
    path = run_dir / "textbook-report.json"
    try:
        books = TypeAdapter(_Report).validate_json(path.read_bytes()).books.values()
    except (OSError, ValidationError) as error:
        raise RecordInvalid(f"{path} cannot be read; run `synth textbook` again: {error}") from error
    return {book.source: Cap(book.quote_words, int(book.quote_share * book.words)) for book in books}
