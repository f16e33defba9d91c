"""What is counted while rows are made: sums, so that those of shards add up to those of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from kg_service.core.trajectory import Rejection

EXAMPLES = 2  # of each code


@dataclass
class Tally:
    """The funnel of one shard, or of a run.

    `planned` jobs were given out, `generated` is attempts that were answered, `parsed` those whose form was right,
    `reused` those remembered from an earlier run, `waiting` those whose answer is still to come, `unpaid` those that
    the budget did not reach. `tokens` and `cost` were spent on all attempts, those refused included.
    """

    wanted: int = 0
    planned: int = 0
    generated: int = 0
    parsed: int = 0
    accepted: int = 0
    quarantined: int = 0
    waiting: int = 0
    unpaid: int = 0
    reused: int = 0
    tokens: int = 0
    cost: float = 0.0
    replanned: Counter[str] = field(default_factory=Counter)
    unplannable: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    refused_by_gold: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def refuse(self, rejection: Rejection, gold: str) -> None:
        """Count a rejection and keep the first few as examples."""
        self.refused[rejection.code] += 1
        self.refused_by_gold[gold] += 1
        shown = self.examples.setdefault(rejection.code, [])
        if len(shown) < EXAMPLES:
            shown.append(f"{rejection.case_id} ({rejection.kind}): {rejection.detail}")

    def spend(self, record: Mapping[str, Any]) -> None:
        """Add what an attempt cost, as its provenance or its rejected candidate has it."""
        self.tokens += int(record.get("tokens", 0))
        self.cost += float(record.get("cost", 0.0))

    def add(self, other: Mapping[str, Any]) -> None:
        """Add the tally of a shard, in the form of `as_dict`."""
        for name, value in other.items():
            mine = getattr(self, name)
            if name == "examples":
                for code, texts in value.items():
                    mine[code] = [*mine.get(code, []), *texts][:EXAMPLES]
            elif isinstance(mine, Counter):
                mine.update(value)
            else:
                setattr(self, name, mine + value)

    def as_dict(self) -> dict[str, Any]:
        """For a JSON file."""
        return {one.name: getattr(self, one.name) for one in fields(self)}
