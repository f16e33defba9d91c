"""What is trained on, counted: rows by the level and the condition of their gold, and how they are asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kg_service.core.knowledge import Knowledge

from ..data import Row


@dataclass(frozen=True, slots=True)
class Facts:
    """`levels` and `conditions` count rows; `choice` are those with options. `question` is one of theirs, or the first
    row's.
    """

    rows: int
    images: int
    golds: int
    levels: dict[int, int]
    conditions: dict[str, int]
    choice: int
    question: str
    answer: str


def facts(rows: Sequence[Row], knowledge: Knowledge) -> Facts:
    """Rows without a gold (captions of the base stage) are counted in `rows` alone."""
    golds = {row.gold: knowledge.gold(row.gold) for row in rows if row.gold}
    shown = next((row for row in rows if row.options), rows[0])
    levels: Counter[int] = Counter()
    conditions: Counter[str] = Counter()
    for row in rows:
        if row.gold:
            gold = golds[row.gold]
            levels[knowledge.level(gold)] += 1
            own = knowledge.condition(gold)
            conditions[row.condition or (own.value if own else "mixed (not scored)")] += 1
    return Facts(
        rows=len(rows),
        images=len({row.image for row in rows if row.image}),
        golds=len(set(golds.values())),
        levels=dict(sorted(levels.items())),
        conditions=dict(sorted(conditions.items())),
        choice=sum(bool(row.options) for row in rows),
        question=shown.prompt,
        answer=shown.completion or (knowledge.label(golds[shown.gold]) if shown.gold else ""),
    )
