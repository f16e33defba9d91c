"""Tables of reports and experiments, once as CSV for machines and once as Markdown for people."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass

from .intervals import Difference, Interval

Cell = str | int | float | bool | Interval | Difference | None


@dataclass(frozen=True, slots=True)
class Table:
    """`name` is the file's. A cell may be a value with its interval; then CSV has two columns more for it."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def as_csv(self) -> str:
        """RFC 4180 with "\\n"; numbers in full, what is not a number empty."""
        wide = [any(isinstance(row[at], Interval | Difference) for row in self.rows) for at in range(len(self.columns))]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(
            [name for at, column in enumerate(self.columns)
             for name in ((column, f"{column}_low", f"{column}_high") if wide[at] else (column,))]
        )  # fmt: skip
        for row in self.rows:
            writer.writerow([part for at, cell in enumerate(row) for part in _parts(cell, wide[at])])
        return text.getvalue()

    def as_markdown(self) -> str:
        """A GitHub table under its title, three decimals."""
        lines = [f"## {self.title}", "", _line(self.columns), _line(["---"] * len(self.columns))]
        lines += [_line([shown(cell).replace("|", "\\|") for cell in row]) for row in self.rows]
        return "\n".join([*lines, *(["", self.note] if self.note else []), ""])


def shown(cell: Cell) -> str:
    """A cell for people."""
    if cell is None:
        return "–"
    if isinstance(cell, Interval | Difference):
        if math.isnan(cell.value):
            return "–"
        if math.isnan(cell.low):
            return number(cell.value, cell)
        return f"{number(cell.value, cell)} [{number(cell.low, cell)}, {number(cell.high, cell)}]"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return "–" if math.isnan(cell) else f"{cell:.3f}"
    return str(cell)


def number(value: float, cell: Interval | Difference) -> str:
    """A value or an end of its interval; differences have a sign."""
    return f"{value:+.3f}" if isinstance(cell, Difference) else f"{value:.3f}"


def _parts(cell: Cell, wide: bool) -> list[str]:
    if isinstance(cell, Interval | Difference):
        return [_full(cell.value), _full(cell.low), _full(cell.high)]
    plain = "" if cell is None else _full(cell) if isinstance(cell, float) else str(cell)
    return [plain, "", ""] if wide else [plain]


def _full(value: float) -> str:
    return "" if math.isnan(value) else repr(float(value))


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
