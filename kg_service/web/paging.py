"""Long lists, a part at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

# Sentences and log entries on one page.
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One of the numbered pages of a list: its rows, which begin at `first` (counted from 0) of `total`."""

    rows: Sequence[T]
    number: int
    pages: int
    first: int
    total: int

    @classmethod
    def of(cls, listed: Sequence[T], number: int, size: int) -> Page[T]:
        """
        Args:
            number: from 1 on; one behind the last has no rows.
        """
        first = (number - 1) * size
        return cls(listed[first : first + size], number, max(1, -(-len(listed) // size)), first, len(listed))


@dataclass(frozen=True, slots=True)
class Stretch(Generic[T]):
    """Some of a list that is worked out as it is asked for: from number `start` on, of `count` in all."""

    rows: tuple[T, ...]
    start: int
    count: int

    @property
    def next(self) -> int | None:
        """Where the next one starts; None behind the last."""
        end = self.start + len(self.rows)
        return end if end < self.count else None

    @property
    def back(self) -> int:
        """Where the one before starts."""
        return max(0, self.start - AT_ONCE)
