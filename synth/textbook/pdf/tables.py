"""Tables: rows that gaps part into cells, and the lines between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .columns import Line

_BETWEEN = 2  # lines of a cell that takes several, between one row and the next
_ROWS = 2  # fewer are no table


def told(lines: Sequence[Line]) -> list[tuple[Line, bool]]:
    """Each line of a page with whether it belongs to a table. The others are rid of the marks between cells."""
    inside: set[int] = set()
    rows: list[int] = []
    for place, line in enumerate(lines):
        if line.cells > 1:
            if rows and not _near(lines, rows[-1], place):
                inside |= _region(rows)
                rows = []
            rows.append(place)
    inside |= _region(rows)
    return [
        (line if place in inside else replace(line, text=line.text.replace(" | ", " ")), place in inside)
        for place, line in enumerate(lines)
    ]


def _near(lines: Sequence[Line], row: int, other: int) -> bool:
    same = all(line.column == lines[row].column and not line.picture for line in lines[row : other + 1])
    return same and other - row <= _BETWEEN + 1


def _region(rows: Sequence[int]) -> set[int]:
    return set(range(rows[0], rows[-1] + 1)) if len(rows) >= _ROWS else set()
