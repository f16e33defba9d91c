"""Which case is written next, in which kind: seeded, balanced over diseases, each case once before any twice."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kg_service.core.case import Case
from kg_service.core.trajectory import Kind

from ..chance import number


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


def portions(total: int, weights: Sequence[float]) -> list[int]:
    """`total` in whole parts in proportion to the weights (largest remainders, the first of equals)."""
    exact = [total * weight / sum(weights) for weight in weights]
    parts = [int(value) for value in exact]
    for place in sorted(range(len(parts)), key=lambda place: parts[place] - exact[place])[: total - sum(parts)]:
        parts[place] += 1
    return parts


def kinds(weights: Mapping[Any, float], rows: int, seed: int) -> list[Kind]:
    """`rows` kinds in the proportion of the weights, shuffled."""
    named = sorted(Kind, key=lambda kind: kind.value)
    counts = dict(zip(named, portions(rows, [weights.get(kind.value, 0) for kind in named]), strict=True))
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
