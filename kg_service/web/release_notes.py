"""What a release brings, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.effect import Difference
from .paging import AT_ONCE, Stretch
from .sentences import Pieces, all_pieces


@dataclass(frozen=True, slots=True)
class Notes:
    """A difference between two states of the knowledge for people.

    Args:
        changes: some of the sentences.
        rewards: the first sentences about rewards, of `rewards_count`.
        pairs: how many pairs of answer and gold earn another granularity.
    """

    changes: Stretch[Pieces]
    rewards: tuple[Pieces, ...]
    rewards_count: int
    pairs: int

    @classmethod
    def of(cls, found: Difference, *, start: int) -> Notes:
        """
        Args:
            found: told with `sentences.linking`.
        """
        return cls(
            Stretch(all_pieces(found.changes[start : start + AT_ONCE]), start, len(found.changes)),
            all_pieces(found.rewards[:AT_ONCE]),
            len(found.rewards),
            found.pairs,
        )
