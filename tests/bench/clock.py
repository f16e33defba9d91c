"""Timing and the table that is printed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def best(action: Callable[[], object], repeat: int = 3) -> float:
    """Seconds of the fastest of `repeat` runs."""
    return min(seconds(action) for _ in range(repeat))


def spread(times: Iterable[float]) -> tuple[float, float]:
    """(median, 95th percentile)."""
    ordered = sorted(times)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]


class Table:
    """One column a size, one row a measure. A row is printed once all sizes have been measured."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[int, str]] = {}
        self._goals: dict[str, str] = {}

    def put(self, what: str, size: int, figure: str, goal: str = "") -> None:
        self._rows.setdefault(what, {})[size] = figure
        if goal:
            self._goals[what] = goal

    def lines(self, sizes: Iterable[int]) -> list[str]:
        listed = list(sizes)
        head = f"{'':<52}" + "".join(f"{size:>16,}" for size in listed) + "   goal"
        body = [
            f"{what:<52}" + "".join(f"{row.get(size, '-'):>16}" for size in listed) + f"   {self._goals.get(what, '')}"
            for what, row in self._rows.items()
        ]
        return [head, *body]
