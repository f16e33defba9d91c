"""Does it know when to stop? Hierarchical risk and coverage over several samples of one case.

Each concept gets the share of samples that name it or something below it. The answer starts at the concept named most
often and climbs while its share is under a threshold; past the top it says nothing (the climbing rule of Goren, Galil
and El-Yaniv, NeurIPS 2024, "Hierarchical selective classification"). Beside it stands the flat rule: the first answer
or nothing.

Coverage is the mean specificity of what is said (`specificity`), risk the share of cases whose answer is neither the
gold nor above it. Saying nothing covers nothing and is not wrong, so both rules can be drawn over one axis.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kg_service.core.knowledge import Knowledge

from ..intervals import Difference, Interval, differing, of_sums
from ..score import Score
from .ratio import Floats
from .specificity import specificity

# Where the two rules are compared: at this share of what the first answers cover.
AT = 0.8


@dataclass(frozen=True, slots=True)
class Step:
    """A place on a case's way up: the concept, None past the top, and the share of samples at or below it."""

    concept: str | None
    share: float


@dataclass(frozen=True, slots=True)
class Operating:
    """A rule at one threshold, infinite where nothing is answered.

    `answered` is the share of cases with an answer at all, `wrong` the share of those answers that are wrong: the axes
    of ordinary selective prediction.
    """

    threshold: float
    coverage: float
    risk: Interval
    answered: float
    wrong: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Operating points from threshold 0, where every case gets its first answer, to the one where none does.

    `area` is the mean risk over the coverages that the rule reaches; smaller is better.
    """

    points: tuple[Operating, ...]
    area: Interval


@dataclass(frozen=True, slots=True)
class Selective:
    """Both rules, and climbing minus flat: in area, and in risk where `AT` of the first answers' coverage is kept."""

    samples: int
    cases: int
    climbing: Curve
    flat: Curve
    area_difference: Difference
    risk_difference: Difference


def climb(named: Sequence[str | None], knowledge: Knowledge) -> tuple[Step, ...]:
    """A case's whole way up, from its first answer to saying nothing.

    Args:
        named: what each sample names, None for nothing; shape (K,).

    The first answer is the concept named most often, the deeper one where two are equal. Of several parents the way
    goes to the one with the larger share, the more specific where two are equal; so shares never fall on the way.
    """
    counted = Counter(concept for concept in named if concept)
    if not counted:
        return (Step(None, 1.0),)
    votes: Counter[str] = Counter()
    for concept, count in counted.items():
        for above in (concept, *knowledge.ancestors(concept)):
            votes[above] += count
    here = min(counted, key=lambda c: (-counted[c], -knowledge.level(c), c))
    way = [Step(here, votes[here] / len(named))]
    while parents := knowledge.taxonomy.parents(here):
        here = min(parents, key=lambda c: (-votes[c], knowledge.taxonomy.count_leaves(c), c))
        way.append(Step(here, votes[here] / len(named)))
    return (*way, Step(None, 1.0))


def stop(way: Sequence[Step], threshold: float) -> str | None:
    """The answer of the climbing rule: the first concept on the way whose share is not under the threshold."""
    return next((step.concept for step in way if step.share >= threshold), None)


def selective(scores: Sequence[Score], knowledge: Knowledge, *, resamples: int, seed: int) -> Selective | None:
    """Both curves with intervals over groups; None where no case has more than one sample.

    Args:
        scores: open answers, K of each case.
    """
    cases: dict[str, list[Score]] = defaultdict(list)
    for score in scores:
        cases[score.case_id].append(score)
    samples = max(map(len, cases.values()))
    if samples == 1:
        return None
    rows = list(cases.values())
    ways = [climb([score.predicted for score in row], knowledge) for row in rows]
    thresholds = (*sorted({0.0, *(step.share for way in ways for step in way)}), np.inf)
    told = specificity(knowledge)
    gold = [row[0].gold for row in rows]
    groups = [row[0].group for row in rows]

    def columns(answers: list[list[str | None]]) -> Floats:
        """Specificity, wrong, answered of every case at every threshold, shape (n, 3 t)."""
        kinds = (
            [[told[a] if a else 0.0 for a in row] for row in answers],
            [[bool(a) and not _above(knowledge, a, g) for a in row] for row, g in zip(answers, gold, strict=True)],
            [[a is not None for a in row] for row in answers],
        )
        return np.concatenate([np.array(kind, dtype=np.float64) for kind in kinds], axis=1)

    climbing = columns([[stop(way, t) for t in thresholds] for way in ways])
    flat = columns([[way[0].concept if way[0].share >= t else None for t in thresholds] for way in ways])
    both = np.concatenate([climbing, flat, np.ones((len(rows), 1))], axis=1)
    area, risk = differing(both, groups, _apart, resamples=resamples, seed=seed)
    first, second = (
        _curve(np.concatenate([rule, np.ones((len(rows), 1))], axis=1), groups, thresholds, resamples, seed)
        for rule in (climbing, flat)
    )
    return Selective(samples, len(rows), first, second, area, risk)


def _above(knowledge: Knowledge, answer: str, gold: str) -> bool:
    return answer == gold or knowledge.is_ancestor(answer, gold)


def _curve(columns: Floats, groups: Sequence[str], thresholds: Sequence[float], resamples: int, seed: int) -> Curve:
    count = len(thresholds)
    *risks, area = of_sums(columns, groups, _risks_and_area, resamples=resamples, seed=seed)
    covered, wrong, answered = columns[:, :-1].sum(axis=0).reshape(3, count)
    each = np.divide(wrong, answered, out=np.full(count, np.nan), where=answered > 0)
    points = [
        Operating(
            float(t), float(covered[k] / len(columns)), risks[k], float(answered[k] / len(columns)), float(each[k])
        )
        for k, t in enumerate(thresholds)
    ]
    return Curve(tuple(points), area)


def _shares(sums: Floats) -> tuple[Floats, Floats]:
    """Coverage and risk at every threshold, both of shape (m, t), from sums of (3 t columns, one of ones)."""
    covered, wrong, _ = np.split(sums[:, :-1] / sums[:, -1:], 3, axis=1)
    return covered, wrong


def _risks_and_area(sums: Floats) -> Floats:
    covered, risk = _shares(sums)
    return np.concatenate([risk, _area(covered, risk)[:, None]], axis=1)


def _area(covered: Floats, risk: Floats) -> Floats:
    """Trapezoids under risk over coverage, divided by the coverage at threshold 0."""
    width = covered[:, :-1] - covered[:, 1:]
    height = (risk[:, :-1] + risk[:, 1:]) / 2
    widest = covered[:, 0]
    return np.divide((width * height).sum(axis=1), widest, out=np.full(len(widest), np.nan), where=widest > 0)


def _risk_at(covered: Floats, risk: Floats) -> Floats:
    """Risk where `AT` of the first answers' coverage is kept, by mixing the two thresholds next to it."""
    wanted = AT * covered[:, 0]
    return np.array(
        [np.interp(w, c[::-1], r[::-1]) if w > 0 else np.nan for w, c, r in zip(wanted, covered, risk, strict=True)]
    )


def _apart(sums: Floats) -> Floats:
    half = (sums.shape[1] - 1) // 2
    ones = sums[:, -1:]
    climbing = _shares(np.concatenate([sums[:, :half], ones], axis=1))
    flat = _shares(np.concatenate([sums[:, half:-1], ones], axis=1))
    return np.stack([_area(*climbing) - _area(*flat), _risk_at(*climbing) - _risk_at(*flat)], axis=1)
