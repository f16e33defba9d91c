"""Recall of every node of the hierarchy, by level, and what became of every gold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kg_service.core.knowledge import Knowledge

from ..intervals import Interval, bootstrap
from ..outcome import Outcome
from ..score import Score
from .ratio import Ratio


@dataclass(frozen=True, slots=True)
class Node:
    """One concept: of the `cases` whose gold is it or stands below it, the share whose answer is it or stands below."""

    concept: str
    level: int
    cases: int
    recall: Interval


@dataclass(frozen=True, slots=True)
class Level:
    """All concepts of one level that golds reach. `recall` is the mean over the nodes, whatever their size."""

    level: int
    recall: Interval
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Gold:
    """One gold: of its cases the share answered with it or below it (`recall`); of the answers with it or below it the
    share whose gold is so too (`precision`).

    `mistaken_for` is the concept named most often instead, with how often; None where nothing else was named.
    """

    gold: str
    cases: int
    recall: Interval
    precision: Interval
    mistaken_for: tuple[str, int] | None


def levels(scores: Sequence[Score], knowledge: Knowledge, *, resamples: int, seed: int) -> tuple[Level, ...]:
    """Node recall from the top level down.

    Args:
        scores: open answers.
    """
    above = {c: {c, *knowledge.ancestors(c)} for c in _named(scores)}
    nodes = sorted({c for score in scores for c in above[score.gold]}, key=lambda c: (knowledge.level(c), c))
    under = np.array([[node in above[score.gold] for node in nodes] for score in scores], dtype=np.float64)
    said = np.array(
        [[bool(s.predicted) and node in above[s.predicted] for node in nodes] for s in scores], dtype=np.float64
    )
    columns = {node: Ratio(under[:, k] * said[:, k], under[:, k]) for k, node in enumerate(nodes)}
    depth = np.array([knowledge.level(node) for node in nodes])
    for level in range(1, int(depth.max()) + 1):
        at = depth == level
        columns[f"level {level}"] = Ratio(under[:, at] * said[:, at], under[:, at])
    found = bootstrap(columns, [score.group for score in scores], resamples=resamples, seed=seed)
    cases = Counter(node for gold in {s.case_id: s.gold for s in scores}.values() for node in above[gold])
    rows = [Node(node, int(depth[k]), cases[node], found[node]) for k, node in enumerate(nodes)]
    return tuple(
        Level(level, found[f"level {level}"], tuple(row for row in rows if row.level == level))
        for level in range(1, int(depth.max()) + 1)
    )


def golds(scores: Sequence[Score], knowledge: Knowledge, *, resamples: int, seed: int) -> tuple[Gold, ...]:
    """Every gold, the most frequent first.

    Args:
        scores: open answers.
    """
    above = {c: {c, *knowledge.ancestors(c)} for c in _named(scores)}
    counted = Counter({score.case_id: score.gold for score in scores}.values())
    columns: dict[str, Ratio] = {}
    for gold in counted:
        own = np.array([score.gold == gold for score in scores], dtype=np.float64)
        under = np.array([gold in above[score.gold] for score in scores], dtype=np.float64)
        said = np.array([bool(s.predicted) and gold in above[s.predicted] for s in scores], dtype=np.float64)
        columns[f"recall {gold}"] = Ratio(own * said, own)
        columns[f"precision {gold}"] = Ratio(under * said, said)
    found = bootstrap(columns, [score.group for score in scores], resamples=resamples, seed=seed)
    return tuple(
        Gold(gold, counted[gold], found[f"recall {gold}"], found[f"precision {gold}"], _instead(scores, gold))
        for gold in sorted(counted, key=lambda one: (-counted[one], one))
    )


def _instead(scores: Sequence[Score], gold: str) -> tuple[str, int] | None:
    fine = (Outcome.EXACT, Outcome.FINER)
    wrong = Counter(s.predicted for s in scores if s.gold == gold and s.predicted and s.outcome not in fine)
    return min(wrong.items(), key=lambda item: (-item[1], item[0]), default=None)


def _named(scores: Sequence[Score]) -> set[str]:
    return {c for score in scores for c in (score.gold, score.predicted) if c is not None}
