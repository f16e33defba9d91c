"""Sections -> passages: whole sentences, about 40 to 220 words, never across a heading."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from kg_service.core.trajectory import Passage

from . import roles, sentences
from .book import BookText, Section, paragraphs
from .figures import Captions
from .letters import WORDED
from .matter import BODY
from .records import BlockKind, Placed
from .settings import Book

FEWEST, MOST = 40, 220  # words; a short answer, and a sentence that is longer by itself, stay as they are


@dataclass(frozen=True, slots=True)
class _Piece:
    """A span of the book's text that can be joined with the next."""

    start: int
    end: int
    words: int


def cut(book: BookText, about: Book, captions: Captions) -> Iterator[Passage]:
    """The passages of a book in its order, captions among them. The same words under the same headings count once."""
    seen: set[str] = set()
    for section in book.sections():
        pieces = [(piece, roles.of_path(section.path)) for piece in _prose(book, section)]
        pieces += [(piece, roles.CAPTION) for piece in captions.spans(section.blocks)]
        for (start, end), role in sorted(pieces):
            figures = captions.ids_at(start) if role == roles.CAPTION else captions.named_in(book.text[start:end])
            passage = _passage(book, about, section.path, (start, end), role, figures)
            if passage.id not in seen:
                seen.add(passage.id)
                yield passage


def identity(text: str, path: Sequence[str], book: str) -> str:
    """The id of a passage: 16 hexadecimal digits of the SHA-256 of the book's id, the headings and the words."""
    return hashlib.sha256("\x1f".join((book, *path, " ".join(text.split()))).encode()).hexdigest()[:16]


def _passage(
    book: BookText, about: Book, path: tuple[str, ...], span: tuple[int, int], role: str, figures: tuple[str, ...]
) -> Passage:
    start, end = span
    text = " ".join(book.text[start:end].split())
    return Passage(
        id=identity(text, path, book.id),
        text=text,
        source=about.source,
        heading=path[-1] if path else "",
        path=path,
        page=book.label(bisect_right(book.starts, start) - 1),
        start=start,
        end=end,
        role=role,
        figures=figures,
        licence=about.licence,
        quote_words=about.quote_words,
    )


def _prose(book: BookText, section: Section) -> Iterator[tuple[int, int]]:
    """Spans of running text, and of tables that say something in words."""
    for run in paragraphs(section.blocks):
        pieces = [piece for parts in run for piece in _shortened(book.text, parts[0].start, parts[-1].end)]
        for piece in _gathered(pieces):
            if WORDED.search(book.text, piece.start, piece.end):
                yield piece.start, piece.end
    for placed in section.blocks:
        if placed.block.kind is BlockKind.TABLE and _in_words(placed.block.text):
            yield from _rows(placed)


def _shortened(text: str, start: int, end: int) -> Iterator[_Piece]:
    """A paragraph, or one that is too long as parts of whole sentences and about equal length."""
    words = len(text[start:end].split())
    if words <= MOST:
        yield _Piece(start, end, words)
        return
    share = words / ceil(words / MOST)
    first, last, held = None, 0, 0
    for left, right in sentences.spans(text[start:end]):
        counted = len(text[start + left : start + right].split())
        if first is not None and held + counted / 2 > share:
            yield _Piece(start + first, start + last, held)
            first, held = None, 0
        first = left if first is None else first
        last, held = right, held + counted
    if first is not None:
        yield _Piece(start + first, start + last, held)


def _gathered(pieces: Sequence[_Piece]) -> Iterator[_Piece]:
    """Short paragraphs joined with their neighbours."""
    held: _Piece | None = None
    for piece in pieces:
        if held and min(held.words, piece.words) < FEWEST and held.words + piece.words <= MOST:
            held = _Piece(held.start, piece.end, held.words + piece.words)
        else:
            if held:
                yield held
            held = piece
    if held:
        yield held


def _in_words(text: str) -> bool:
    """Whether a table compares in words; tables of numbers are not quoted."""
    cells = [cell for row in text.splitlines() for cell in row.split(" | ")]
    return len(cells) > 2 and sum(bool(WORDED.search(cell)) for cell in cells) > 0.7 * len(cells)


def _rows(placed: Placed) -> Iterator[tuple[int, int]]:
    """A table, cut between rows."""
    start, words, at = placed.start, 0, placed.start
    for row in placed.block.text.splitlines(keepends=True):
        counted = len(row.split())
        if words and words + counted > MOST:
            yield start, at
            start, words = at, 0
        at, words = at + len(row), words + counted
    if words:
        yield start, min(at, placed.end)


def count_words(book: BookText) -> int:
    """The words of a book's body, of which `quote_share` is a share."""
    return sum(len(placed.block.text.split()) for placed in book.placed if placed.matter == BODY)


def by_role(passages: Iterable[Passage]) -> dict[str, int]:
    """How many passages have each role, by name."""
    return dict(sorted(Counter(passage.role or "none" for passage in passages).items()))
