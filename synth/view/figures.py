"""Geometry of the drawings: numbers go in, rectangles come out. The template draws them and escapes their texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

STAGES = {
    "planned": "planned",
    "generated": "generated (every attempt)",
    "parsed": "well-formed",
    "accepted": "accepted",
    "left": "left by the second model",
    "quarantined": "in quarantine",
}
_STEPS = 24  # of a histogram at most


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: `size` is its length as a share of the longest, in [0, 1]."""

    name: str
    count: int
    size: float


def funnel(counts: Mapping[str, int]) -> list[Bar]:
    """The stages of a run in order; one that is not known is left out, and so is an empty quarantine."""
    known = {stage: counts[stage] for stage in STAGES if stage in counts and (counts[stage] or stage != "quarantined")}
    longest = max([1, *known.values()])
    return [Bar(STAGES[stage], count, count / longest) for stage, count in known.items()]


def histogram(words: Mapping[int, int]) -> list[Bar]:
    """How many rows have how many words, in at most 24 equal steps; `name` is the range of a step."""
    if not words:
        return []
    low, high = min(words), max(words)
    step = max(1, -(-(high - low + 1) // _STEPS))
    counts: dict[int, int] = {}
    for length, count in words.items():
        counts[(length - low) // step] = counts.get((length - low) // step, 0) + count
    most = max(counts.values())
    return [
        Bar(_range(low + place * step, step), counts.get(place, 0), counts.get(place, 0) / most)
        for place in range((high - low) // step + 1)
    ]


def _range(start: int, step: int) -> str:
    return str(start) if step == 1 else f"{start} to {start + step - 1}"


def median(words: Mapping[int, int]) -> int:
    """The middle length; the upper one of two."""
    left = sum(words.values()) // 2
    for length, count in sorted(words.items()):
        left -= count
        if left < 0:
            return length
    return 0


@dataclass(frozen=True, slots=True)
class Cell:
    """One rectangle of an icicle: x and width by depth, y and height by rows, in the units of the drawing."""

    label: str
    count: int
    x: float
    y: float
    width: float
    height: float
    shade: int  # 0 to 5, by depth
    text: str  # the label as far as there is room for it; empty in a flat cell


@dataclass(frozen=True, slots=True)
class Placed:
    """A concept with its rows, its depth, and where it begins and how much it takes, as shares of all rows."""

    label: str
    count: int
    depth: int
    start: float
    share: float


WIDTH, LETTER = 1190.0, 6.6  # of the whole drawing where it has room, and of a letter as the labels are set
_NARROW, _WIDE = 190.0, 270.0


def column(levels: int) -> float:
    """The width of one of so many levels."""
    return min(_WIDE, max(_NARROW, WIDTH / max(levels, 1)))


def icicle(nodes: Sequence[Placed], wide: float, height: float) -> list[Cell]:
    """Rectangles for a tree: levels `wide` each from left to right, all rows over the height."""
    cells, room = [], int((wide - 14) / LETTER)
    for node in nodes:
        tall = node.share * height
        short = node.label if len(node.label) <= room else node.label[: room - 1].rstrip() + "…"
        cells.append(
            Cell(node.label, node.count, node.depth * wide, node.start * height, wide - 2, max(tall - 1, 0.5),
                 min(node.depth, 5), short if tall >= 14 else "")
        )  # fmt: skip
    return cells
