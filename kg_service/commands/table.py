"""Columns padded so that a person can read down them."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[object]]) -> str:
    """Rows of equal length as lines; numbers stand to the right of their column, everything else to the left."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]

    def padded(cell: object, width: int) -> str:
        return str(cell).rjust(width) if isinstance(cell, int) else str(cell).ljust(width)

    return "\n".join("  ".join(padded(c, w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows)
