"""Running heads, running feet and page numbers: found because they come back, and taken away."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .. import headings
from .glyphs import Run

_ZONE = 0.12  # of the page's height, at its top and at its bottom
_NUMBER = re.compile(r"(?:page\s+|[-–—]\s*|\|\s*)?(\d{1,4}|[ivxlc]{1,7})(?:\s*[-–—|]|\s+of\s+\d+)?", re.IGNORECASE)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page as it is read: its size in points and its runs."""

    width: float
    height: float
    runs: tuple[Run, ...]


def stripped(sheets: Sequence[Sheet]) -> tuple[list[Sheet], list[str]]:
    """Pages without what repeats at their edges, and the number that is printed on each ("" where none is).

    What stands on a line with the page's number goes with it: the name of a short chapter hardly repeats.
    """
    enough = 3 if len(sheets) > 5 else 2
    counted = Counter(key for sheet in sheets for key in {_key(sheet, run) for run in _edges(sheet)})
    labels = _labels(sheets)
    left = []
    for sheet, label in zip(sheets, labels, strict=True):
        lines = [run.box for run in _edges(sheet) if label and _printed(run.text) == label]
        gone = {
            run for run in _edges(sheet)
            if counted[_key(sheet, run)] >= enough or any(abs(run.box[3] - box[3]) < 3 for box in lines)
        }  # fmt: skip
        left.append(Sheet(sheet.width, sheet.height, tuple(run for run in sheet.runs if run not in gone)))
    return left, labels


def _edges(sheet: Sheet) -> list[Run]:
    """The runs of the outermost lines, so far as they stand in the margin zones. Captions are none of them."""
    runs = [run for run in sheet.runs if not headings.caption(run.text)]
    high = [run for run in runs if run.box[3] < _ZONE * sheet.height]
    low = [run for run in runs if run.box[1] > (1 - _ZONE) * sheet.height]
    return [*_outermost(high, 1, 1.0), *_outermost(low, 3, -1.0)]


def _outermost(runs: list[Run], side: int, direction: float) -> list[Run]:
    """The two lines nearest to the edge."""
    if not runs:
        return []
    places = sorted({round(run.box[side]) for run in runs}, reverse=direction < 0)
    lines: list[int] = []
    for place in places:
        if not lines or abs(place - lines[-1]) > 4:
            lines.append(place)
    return [run for run in runs if any(abs(run.box[side] - line) <= 4.5 for line in lines[:2])]


def _key(sheet: Sheet, run: Run) -> tuple[str, bool, int]:
    """What is alike on the pages: the words without numbers, at which edge, at what height."""
    words = re.sub(r"\d+|\b[ivxlc]+\b", "#", run.text.lower())
    high = run.box[1] < sheet.height / 2
    return words, high, round((run.box[1] if high else sheet.height - run.box[3]) / 6)


def _printed(text: str) -> str:
    found = _NUMBER.fullmatch(text.strip())
    return found[1] if found else ""


def _value(label: str) -> int:
    if label.isdigit():
        return int(label)
    values = [_ROMAN[letter] for letter in label.lower()]
    return sum(-v if any(v < later for later in values[n + 1 : n + 2]) else v for n, v in enumerate(values))


def _labels(sheets: Sequence[Sheet]) -> list[str]:
    """The printed page numbers, taken where they count up with the pages (in one or two series)."""
    found = [[text for run in _edges(sheet) if (text := _printed(run.text))] for sheet in sheets]
    steps = Counter(
        (text.isdigit(), _value(text) - place) for place, texts in enumerate(found) for text in dict.fromkeys(texts)
    )
    series = {step for step, count in steps.items() if count >= min(2, len(sheets))}
    labels = [
        next((text for text in texts if (text.isdigit(), _value(text) - place) in series), "")
        for place, texts in enumerate(found)
    ]
    return _filled(labels)


def _filled(labels: Sequence[str]) -> list[str]:
    """Labels with those of pages that print none, as the first of a chapter, counted between their neighbours."""
    found = list(labels)
    known = [place for place, label in enumerate(labels) if label.isdigit()]
    for before, after in pairwise(known):
        if int(labels[after]) - int(labels[before]) == after - before:
            for place in range(before + 1, after):
                found[place] = found[place] or str(int(labels[before]) + place - before)
    return found
