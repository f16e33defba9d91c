"""A drawing of what a concept is taken for: itself in the middle, its neighbours round it, as plain SVG with links."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from ..core.concept import Condition, Strength

DRAWN = 16

# In units of the drawing, which are pixels at its natural size.
_WIDTH = 760
_PITCH = 38  # from one name to the next
_LINE = 15
_CORE = 92  # half the width of the box in the middle
_NEAR, _FAR = 132, 176  # from the middle to the names: at the top and bottom, and at the height of the middle
_LETTERS = 27  # of one line
_WEIGHT = {Strength.STRONG: 3.5, Strength.MODERATE: 2.0, Strength.WEAK: 1.0}


@dataclass(frozen=True, slots=True)
class End:
    """One neighbour to be drawn."""

    label: str
    url: str
    condition: Condition | None
    strength: Strength


@dataclass(frozen=True, slots=True)
class Spoke:
    """A drawn neighbour: the line to it, its mark at (x, y), its name in lines beside that."""

    end: End
    x: float
    y: float
    line: str
    weight: float
    text_x: float
    anchor: str
    text: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """`middle` and each spoke's `text` are lines with their heights."""

    width: int
    height: int
    box: tuple[float, float, float, float]
    middle: tuple[tuple[float, str], ...]
    spokes: tuple[Spoke, ...]


def draw(label: str, ends: Sequence[End]) -> Drawing:
    """Neighbours on both sides, the first ones at the top, alternately left and right.

    Args:
        ends: at most `DRAWN` are drawn.
    """
    drawn = ends[:DRAWN]
    rows = max(1, (len(drawn) + 1) // 2)
    middle = _wrapped(label, 22, 4)
    height = max(rows * _PITCH + 12, len(middle) * _LINE + 48)
    centre = _WIDTH / 2, height / 2
    tall = len(middle) * _LINE / 2 + 12
    box = (centre[0] - _CORE, centre[1] - tall, 2.0 * _CORE, 2 * tall)
    spokes = [_spoke(end, place, len(drawn), centre, height) for place, end in enumerate(drawn)]
    return Drawing(_WIDTH, height, box, _set(middle, centre[1]), tuple(spokes))


def _spoke(end: End, place: int, number: int, centre: tuple[float, float], height: float) -> Spoke:
    side = -1 if place % 2 == 0 else 1
    on_side = number // 2 if side == 1 else (number + 1) // 2
    y = centre[1] + (place // 2 - (on_side - 1) / 2) * _PITCH
    off = (y - centre[1]) / (height / 2)
    x = centre[0] + side * (_NEAR + (_FAR - _NEAR) * sqrt(max(0.0, 1 - off * off)))
    start = centre[0] + side * _CORE
    bend = (x - start) * 0.6
    line = f"M{start:.0f} {centre[1]:.0f}C{start + bend:.0f} {centre[1]:.0f} {x - bend:.0f} {y:.0f} {x:.0f} {y:.0f}"
    return Spoke(
        end,
        round(x + side * 8, 1),
        round(y, 1),
        line,
        _WEIGHT[end.strength],
        round(x + side * 20, 1),
        "start" if side == 1 else "end",
        _set(_wrapped(end.label, _LETTERS, 2), y),
    )


def _wrapped(text: str, letters: int, lines: int) -> list[str]:
    return textwrap.wrap(text, letters, max_lines=lines, placeholder=" …") or [text]


def _set(lines: Sequence[str], y: float) -> tuple[tuple[float, str], ...]:
    """Lines about a height, each with its baseline."""
    first = y - (len(lines) - 1) * _LINE / 2 + 4.5
    return tuple((round(first + place * _LINE, 1), line) for place, line in enumerate(lines))
