"""A book in the units that rules read: what stands under one heading, and the clauses of its sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from kg_service.core.trajectory import Passage

from ..textbook.glossary import Glossary


@dataclass(frozen=True, slots=True)
class Section:
    """The passages under one heading, in order. `about` is the concept its headings name, or ""; `title` the innermost
    heading."""

    about: str
    path: tuple[str, ...]
    role: str
    passages: tuple[Passage, ...]

    @property
    def title(self) -> str:
        return self.path[-1] if self.path else ""


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of a passage that says one thing of one disease: characters of the passage's text.

    `opens` is whether it is the first of its sentence.
    """

    passage: Passage
    start: int
    end: int
    opens: bool

    @property
    def text(self) -> str:
        return self.passage.text[self.start : self.end]


def sections(passages: Iterable[Passage], glossary: Glossary) -> list[Section]:
    """The sections of a book, in its order."""
    found = []
    for path, group in groupby(passages, key=lambda passage: passage.headings):
        held = tuple(group)
        found.append(Section(glossary.about(path), path, held[0].role, held))
    return found


_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”’)]*\s+(?=[A-ZÆŒ“\"(\[])")
_CLAUSE_END = re.compile(
    r";\s*(?:and\s+|while\s+|but\s+)?|—|,?\s+(?:while|whereas|whilst)\s+(?:in |those|the|that|it|its)?|,\s+but\s+in\s+"
)
# Words that belong to what follows them.
_KEPT = re.compile(r"(?:in |those|the|that|it|its)$|in\s+$")


def clauses(passage: Passage) -> Iterator[Clause]:
    """The clauses of a passage: its sentences, cut at semicolons, dashes, "while" and "whereas"."""
    for start, end in _stretches(passage.text, 0, len(passage.text), _SENTENCE_END):
        opens = True
        for first, last in _stretches(passage.text, start, end, _CLAUSE_END):
            if passage.text[first:last].strip():
                yield Clause(passage, first, last, opens)
                opens = False


def _stretches(text: str, start: int, end: int, mark: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    for found in mark.finditer(text, start, end):
        yield start, found.start()
        kept = _KEPT.search(found.group())
        start = found.start() + kept.start() if kept else found.end()
    yield start, end
