"""Figures bound to their captions, captions to the letters of their panels, and running text to the figures it names.

Where the reader knows boxes (PDF), captions are bound by geometry, otherwise by the order of the document.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from . import headings
from .book import BookText
from .geometry import bind
from .letters import WORDED
from .matter import BODY
from .records import BlockKind, Figure, Placed
from .units import Unit

_PANEL = re.compile(r"\(([A-Ha-h])\)|(?<![\w'’.])([A-H])(?=[,.:)]|\s+[A-Z][a-z]|\s*[–-]\s|\s+and\s+[B-H]\b)")
_NUMBER = r"[A-Z]?\d+(?:[.\-–]\d+)*(?:[a-h](?![a-z])|\s?\(?[A-H]\)?(?!\w)(?!\s+(?!and\b|to\b|or\b|und\b)[a-zäöü]))?"
_REFERENCE = re.compile(
    r"\b(?:[Ff]ig(?:ure)?s?\.?|FIG(?:URE)?S?\.?|Abb(?:ildung(?:en)?|\.)|[Pp]lates?|Tafeln?)\s*"
    rf"((?:{_NUMBER})(?:\s*(?:,|;|and|&|to|und|bis|–|-)\s*(?:(?:{_NUMBER})|\(?[A-H]\)?(?!\w)))*)"
)
_TOKEN = re.compile(
    r"(?P<number>[A-Z]?\d+(?:[.\-–]\d+)*)(?:(?P<small>[a-h])(?![a-z])|\s?\(?(?P<panel>[A-H])\)?(?!\w))?"
    r"|(?<!\w)(?P<alone>[A-H])(?!\w)"
)
_TO = re.compile(r"\s*(?:–|-|to|bis)\s*")
_LONG_RANGE = 30


@dataclass(frozen=True, slots=True)
class Captions:
    """Where the captions of a book stand, and which figures a text names."""

    figures: tuple[Figure, ...]
    at: dict[int, tuple[int, tuple[str, ...]]]  # start of a caption -> its end and the ids of its figures
    blocks: dict[int, str]  # place of a figure's block -> its id

    def spans(self, blocks: Iterable[Placed]) -> Iterator[tuple[int, int]]:
        """The captions that begin in these blocks and say more than their number."""
        for placed in blocks:
            if placed.block.kind is BlockKind.CAPTION and placed.start in self.at:
                yield placed.start, self.at[placed.start][0]

    def ids_at(self, start: int) -> tuple[str, ...]:
        """The figures of the caption that begins here."""
        return self.at[start][1]

    def named_in(self, text: str) -> tuple[str, ...]:
        """The ids of the figures that a text refers to, in its order; without a letter all panels are meant."""
        found: dict[str, None] = {}
        for number, panel in references(text, {figure.number for figure in self.figures}):
            held = [figure for figure in self.figures if figure.number == number]
            exact = [figure for figure in held if figure.panel == panel]
            found.update(dict.fromkeys(figure.id for figure in (exact or held)))
        return tuple(found)


def of_book(book: BookText) -> Captions:
    """The figures of a book, each with the caption it was bound to."""
    figures: list[Figure] = []
    at: dict[int, tuple[int, tuple[str, ...]]] = {}
    blocks: dict[int, str] = {}
    names: Counter[str] = Counter()
    for unit in _units(book):
        made = list(_figures(book, unit, names))
        if unit.captions:
            first, last = book.placed[unit.captions[0]], book.placed[unit.captions[-1]]
            words = _unlabelled(book.text[first.start : last.end])
            if WORDED.search(words):
                at[first.start] = (last.end, tuple(figure.id for figure in made))
        blocks.update(zip(unit.figures, (figure.id for figure in made), strict=False))
        figures += made
    return Captions(tuple(figures), at, blocks)


def with_passages(figures: Iterable[Figure], passages: dict[str, str]) -> list[Figure]:
    """Figures with the id of their caption's passage. `passages`: figure id -> passage id."""
    return [replace(figure, passage=passages.get(figure.id, "")) for figure in figures]


def panels(caption: str) -> tuple[str, ...]:
    """The letters by which a caption speaks of its panels, in order from A; none unless there are two."""
    found: list[str] = []
    for match in _PANEL.finditer(caption):
        letter = (match[1] or match[2]).upper()
        if letter == chr(ord("A") + len(found)):
            found.append(letter)
    return tuple(found) if len(found) > 1 else ()


def references(text: str, known: set[str]) -> Iterator[tuple[str, str]]:
    """(number, panel) of each figure a text names; a range is spelt out, as far as its figures exist."""
    for match in _REFERENCE.finditer(text):
        number, end = "", 0
        for token in _TOKEN.finditer(match[1]):
            since = number if _TO.fullmatch(match[1], end, token.start()) else ""
            number = token["number"] or number
            panel = (token["small"] or token["panel"] or token["alone"] or "").upper()
            end = token.end()
            ends = re.fullmatch(r"(\d+)[-–](\d+)", number)
            if ends and number not in known:
                named = [ends[1], *_between(ends[1], ends[2]), ends[2]]
            else:
                named = [*(_between(since, number) if token["number"] else ()), number]
            yield from ((one, panel) for one in named if one in known)


def _between(first: str, last: str) -> list[str]:
    if not (first.isdigit() and last.isdigit()) or not 0 < int(last) - int(first) <= _LONG_RANGE:
        return []
    return [str(number) for number in range(int(first) + 1, int(last))]


def _units(book: BookText) -> list[Unit]:
    """Figures with the captions that belong to them, in the order of the book."""
    floats = [
        place
        for place, placed in enumerate(book.placed)
        if placed.matter == BODY and placed.block.kind in {BlockKind.FIGURE, BlockKind.CAPTION}
    ]
    found: list[Unit] = []
    boxed = [place for place in floats if book.placed[place].block.box]
    if boxed:
        pages = [list(group) for _, group in groupby(boxed, key=lambda place: book.placed[place].page)]
        found += bind([[(place, book.placed[place].block) for place in page] for page in pages])
    run: list[int] = []
    for place in (place for place in floats if not book.placed[place].block.box):
        if run and place != run[-1] + 1:
            found += _in_order(book, run)
            run = []
        run.append(place)
    found += _in_order(book, run)
    return sorted(found, key=lambda unit: min((*unit.figures, *unit.captions)))


def _in_order(book: BookText, run: Sequence[int]) -> list[Unit]:
    """Figures and captions that follow each other, parted where a new caption or a new figure begins."""
    found: list[tuple[list[int], list[int]]] = []
    labelled = False
    for place in run:
        block = book.placed[place].block
        figures, captions = found[-1] if found else ([], [])
        if block.kind is BlockKind.FIGURE:
            fresh = not found or bool(figures and captions and captions[-1] > figures[-1])
        else:
            fresh = not found or (bool(headings.caption(block.text)) and labelled)
        if fresh:
            found.append(([], []))
            labelled = False
        if block.kind is BlockKind.FIGURE:
            found[-1][0].append(place)
        else:
            found[-1][1].append(place)
            labelled = labelled or bool(headings.caption(block.text))
    return [Unit(tuple(figures), tuple(captions), _side(book, figures, captions)) for figures, captions in found]


def _side(book: BookText, figures: Sequence[int], captions: Sequence[int]) -> str:
    """On which side of the figure most of the caption's words stand."""
    if not figures or not captions:
        return ""
    below = sum(len(book.placed[place].block.text) for place in captions if place > figures[0])
    above = sum(len(book.placed[place].block.text) for place in captions if place < figures[0])
    return "below" if below >= above else "above"


def _figures(book: BookText, unit: Unit, names: Counter[str]) -> Iterator[Figure]:
    """One row for each image of a unit; one without image for a caption that stands alone."""
    caption = " ".join(" ".join(book.placed[place].block.text.split()) for place in unit.captions)
    label = headings.caption(caption)
    number = label["number"] if label else ""
    letters = panels(_unlabelled(caption))
    each = letters if len(letters) == len(unit.figures) else ("",) * len(unit.figures)
    if not unit.figures:
        each = ("",)
    for place, panel in zip(unit.figures or unit.captions[:1], each, strict=True):
        placed = book.placed[place]
        figure = placed.block if unit.figures else None
        own = (label["panel"] or "").upper() if label else ""
        name = f"{book.id}/fig-{number}{panel or own}" if number else f"{book.id}/page-{book.label(placed.page) or 1}"
        names[name] += 1
        yield Figure(
            id=name if names[name] == 1 else f"{name}-{names[name]}",
            book=book.id,
            page=book.label(placed.page),
            number=number,
            panel=panel or own,
            panels=letters,
            image=figure.image if figure else "",
            box=figure.box if figure else None,
            caption=caption,
            bound=unit.side,
        )


def _unlabelled(caption: str) -> str:
    label = headings.caption(caption.lstrip())
    return caption.lstrip()[label.end() :].strip() if label else caption
