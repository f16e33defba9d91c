"""What of a book may be quoted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from kg_service.core.errors import RecordInvalid
from kg_service.core.trajectory import Passage

from . import roles, sentences
from .headings import caption

# What a book of any age may teach by quotation: what a disease looks like, not how it was treated then. Where diseases
# are weighed, a sentence may speak of any of them.
ROLES = roles.DESCRIBING | {""}
_OTHER = frozenset((roles.DIFFERENTIAL, "treatment", "prognosis"))  # nor do single sentences that say such things
REPORT = "textbook-report.json"
FEWEST = 5  # words of a quotation that says something
# What would break our own quotation marks and tags; rows of tables, questions, halves of an answer, what only leads on.
_UNFIT = re.compile(
    r"[“”\"<>|?;]|[:—–-]$|^\(|^[^\w\s]|^(?:by|from|with|without|as)\b|\b(?:necessary|should|must)\b", re.IGNORECASE
)
# What descriptions of the skin say it with; without a verb it is half a sentence.
_SAYS = re.compile(
    r"\b(?:is|are|was|were|has|have|may|can|occurs?|appears?|consists?|begins?|shows?|presents?|develops?|becomes?|"
    r"forms?|involves?|affects?|tends?|var(?:y|ies)|exists?|arises?|starts?|spreads?|matures?|runs?|remains?|leaves?|"
    r"disappears?|heals?|fades?|exhibits?|contains?|bleeds?|grows?|lies?|pits?|itch(?:es)?)\b",
    re.IGNORECASE,
)


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


def quotable(passage: Passage) -> list[str]:
    """Whole sentences of at most `quote_words` words, without the full stop.

    None of a book without a stated licence, and none of a section that treats or that weighs other diseases.
    """
    if not passage.licence.strip() or passage.role not in ROLES:
        return []
    text = " ".join(passage.text.split())
    found = (text[start:end] for start, end in sentences.spans(text))
    return [
        sentence.rstrip(".")
        for sentence in found
        if FEWEST <= len(sentence.split()) <= passage.quote_words
        and _SAYS.search(sentence)
        and not _UNFIT.search(sentence)
        and not caption(sentence)
        and roles.of_heading(sentence) not in _OTHER
    ]


def rationed(passages: Iterable[Passage], allowed: Mapping[str, Cap]) -> list[Passage]:
    """The passages, with `quote_words` 0 for those that would take a book's quotations over its share.

    Which ones those are depends on the passages alone, so that all ranks of a run keep within one share together.
    """
    listed = list(passages)
    left = {source: cap.total for source, cap in allowed.items()}
    closed: set[str] = set()
    for passage in sorted(listed, key=lambda passage: (passage.role != "features", passage.id)):
        if passage.source in left:
            left[passage.source] -= sum(len(sentence.split()) for sentence in quotable(passage))
            if left[passage.source] < 0:
                closed.add(passage.id)
    return [replace(passage, quote_words=0) if passage.id in closed else passage for passage in listed]


def caps(run_dir: Path) -> dict[str, Cap]:
    """The caps of each book of a run of `synth textbook`, by its source as its passages name it.

    Raises:
        RecordInvalid: `textbook-report.json` is missing or broken.
    """
    path = run_dir / REPORT
    try:
        books = TypeAdapter(_Report).validate_json(path.read_bytes()).books.values()
    except (OSError, ValidationError) as error:
        raise RecordInvalid(f"{path} cannot be read; run `synth textbook` again: {error}") from error
    return {book.source: Cap(book.quote_words, int(book.quote_share * book.words)) for book in books}
