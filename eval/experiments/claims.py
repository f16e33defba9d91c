"""A claim of several parts: confirmed where every part is, refuted where one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..intervals import Difference, Interval
from ..tables import Cell, Table
from .verdict import Side, Word, decide


@dataclass(frozen=True)
class Condition:
    """One part: in every seed its measure lies on one side of a value. `by_seed` holds one spread a seed."""

    name: str
    by_seed: Sequence[Interval | Difference]
    side: Side = "above"
    than: float = 0.0

    @property
    def word(self) -> Word:
        return decide(self.by_seed, side=self.side, than=self.than)


def all_of(conditions: Sequence[Condition]) -> Word:
    words = [one.word for one in conditions]
    if Word.REFUTED in words:
        return Word.REFUTED
    return Word.CONFIRMED if all(word is Word.CONFIRMED for word in words) else Word.INCONCLUSIVE


def table(conditions: Sequence[Condition], seeds: Sequence[int]) -> Table:
    """One row a part."""
    rows: list[tuple[Cell, ...]] = [
        (one.name, f"{one.side} {one.than:.4g}", *one.by_seed, one.word.value) for one in conditions
    ]
    note = "The claim is confirmed where every row is, in every seed, and refuted where one row is."
    columns = ("", "wanted", *(f"seed {seed}" for seed in seeds), "reading")
    return Table("conditions", "What the claim asks for", columns, tuple(rows), note)
