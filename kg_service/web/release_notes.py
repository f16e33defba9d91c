"""What a release brings, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.effect import Difference
from .sentences import Pieces, all_pieces


@dataclass(frozen=True, slots=True)
class Notes:
    """A difference between two states of the knowledge for people.

    Args:
        changes: some sentences from number `start` on, of `count` in all.
        rewards: the first sentences about rewards, of `rewards_count`.
        pairs: how many pairs of answer and gold earn another granularity.
    """

    changes: tuple[Pieces, ...]
    start: int
    count: int
    rewards: tuple[Pieces, ...]
    rewards_count: int
    pairs: int

    @classmethod
    def of(cls, found: Difference, *, start: int, most: int) -> Notes:
        """
        Args:
            found: told with `sentences.linking`.
        """
        return cls(
            all_pieces(found.changes[start : start + most]),
            start,
            len(found.changes),
            all_pieces(found.rewards[:most]),
            len(found.rewards),
            found.pairs,
        )

    @property
    def next(self) -> int | None:
        end = self.start + len(self.changes)
        return end if end < self.count else None
