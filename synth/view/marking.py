"""A text cut into pieces, so that every reference in it can be shown for what it is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from kg_service.core.fold import fold
from kg_service.core.trajectory import Passage

from ..reading import Reader, quotations


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of a text, and the id of the concept, feature or passage they stand for."""

    start: int
    end: int
    id: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; `id` is empty between references."""

    text: str
    id: str = ""


def spans(text: str, reader: Reader, passages: Mapping[str, Passage] | None = None) -> list[Span]:
    """Every mention of a concept or feature, and every quotation of one of some passages, in order."""
    found: list[Span] = []
    place = 0
    for sentence in reader.sentences(text):
        place = max(text.find(sentence.text, place), 0)
        found += [Span(place + m.start, place + m.end, m.id) for m in (*sentence.concepts, *sentence.features)]
    start = 0
    for quoted in quotations(text):
        start = text.index(f"“{quoted}”", start)
        if source := _quoted_from(quoted, passages or {}):
            found.append(Span(start, start + len(quoted) + 2, source))
        start += len(quoted) + 2
    return sorted(found, key=lambda span: span.start)


def _quoted_from(quoted: str, passages: Mapping[str, Passage]) -> str:
    """The passage a quotation stands in; the first cited where none holds it, as CITE_QUOTE reads it."""
    holding = [id_ for id_, passage in passages.items() if f" {fold(quoted)} " in f" {fold(passage.text)} "]
    return holding[0] if holding else next(iter(passages), "")


def cut(text: str, marked: Iterable[Span]) -> list[Piece]:
    """The text in pieces; of spans that overlap the first counts. The pieces joined are the text."""
    pieces: list[Piece] = []
    place = 0
    for span in marked:
        if span.start < place:
            continue
        if span.start > place:
            pieces.append(Piece(text[place : span.start]))
        pieces.append(Piece(text[span.start : span.end], span.id))
        place = span.end
    if place < len(text):
        pieces.append(Piece(text[place:]))
    return pieces


_IN_QUOTES = re.compile(r"'([^']{3,})'|\"([^\"]{3,})\"")
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def offending(text: str, detail: str, reader: Reader) -> list[Span]:
    """What a rejection's detail points at in the text: words it quotes, and names of the ids it gives."""
    found: list[Span] = []
    for match in _IN_QUOTES.finditer(detail):
        quoted = (match[1] or match[2]).strip()
        if (start := text.find(quoted)) >= 0:
            found.append(Span(start, start + len(quoted), "offending"))
    words = set(_ID.findall(detail))
    # Where a sign is at fault, the disease it is told of is not.
    known: Collection[str] = words & reader.knowledge.features.keys() or words & reader.knowledge.concepts.keys()
    if known:
        found += [Span(s.start, s.end, "offending") for s in spans(text, reader) if s.id in known]
    return sorted(found, key=lambda span: (span.start, -span.end))
