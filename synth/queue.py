"""Which case is written next, in which kind: seeded, balanced over diseases, each case once before any twice."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg_service.core.case import Case
from kg_service.core.trajectory import Kind

from .phantoms import number


@dataclass(frozen=True, slots=True)
class Slot:
    """One row to be written: its place in the run, the kind wanted, and how often its case was used before."""

    place: int
    kind: Kind
    case: Case
    turn: int


def order(cases: Sequence[Case], seed: int) -> list[Case]:
    """All cases, the golds taking turns, each gold's own cases shuffled."""
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        groups[case.gold].append(case)
    ranked: list[tuple[float, str, Case]] = []
    for gold, members in sorted(groups.items()):
        members.sort(key=lambda case: case.id)
        random.Random(number(seed, f"order/{gold}")).shuffle(members)
        ranked += [((place + 0.5) / len(members), case.id, case) for place, case in enumerate(members)]
    return [case for _, _, case in sorted(ranked, key=lambda row: row[:2])]


def kinds(weights: Mapping[Any, float], rows: int, seed: int) -> list[Kind]:
    """`rows` kinds in the proportion of the weights (largest remainders), shuffled."""
    total = sum(weights.values())
    exact = {kind: rows * weights.get(kind.value, 0) / total for kind in Kind}
    counts = {kind: int(value) for kind, value in exact.items()}
    short = rows - sum(counts.values())
    for kind in sorted(Kind, key=lambda kind: (counts[kind] - exact[kind], kind.value))[:short]:
        counts[kind] += 1
    found = [kind for kind in Kind for _ in range(counts[kind])]
    random.Random(number(seed, "kinds")).shuffle(found)
    return found


def turns(cases: Sequence[Case], seed: int) -> Iterator[tuple[Case, int]]:
    """The cases in order, again and again, with the number of the round."""
    ordered = order(cases, seed)
    turn = 0
    while ordered:
        for case in ordered:
            yield case, turn
        turn += 1
