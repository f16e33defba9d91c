"""Groups of people and of lesions: each group's value, and whether the gap is more than chance makes.

The largest value minus the smallest is never 0: with no true gap, three groups of the sizes of DDI's skin types (208,
241, 207) differ by 5.2 points on average where 7 of 10 answers are right. So the gap is shown beside its null band, the
gaps after the labels have been permuted over patients.

A gap by site or age may be a gap between diseases, which sites and ages have in different shares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge

from ..intervals import Interval, bootstrap, holm
from ..score import Score
from . import diagnosis
from .ratio import Floats, Ratio

Texts = NDArray[np.str_]

# What is compared; the definitions are those of `diagnosis.ratios`.
METRICS = ("exact", "h_f1_macro", "malignancy_sensitivity")
# A smaller group is shown, and does not make the worst or the gap.
SMALLEST = 20
_AGES = (30, 50, 70)
_PERMUTATIONS = 1000
_PAIRS = {1: "I-II", 2: "I-II", 3: "III-IV", 4: "III-IV", 5: "V-VI", 6: "V-VI"}

ATTRIBUTES: dict[str, Callable[[Case], str]] = {
    "fitzpatrick": lambda case: str(case.fitzpatrick or ""),
    "fitzpatrick_group": lambda case: case.fitzpatrick_group or _PAIRS.get(case.fitzpatrick or 0, ""),
    "site": lambda case: case.site,
    "age": lambda case: "" if case.age is None else _band(case.age),
    "sex": lambda case: case.sex,
    "source": lambda case: case.source,
}


@dataclass(frozen=True, slots=True)
class Member:
    """One group's value. `cases` counts those that the metric is about."""

    label: str
    cases: int
    value: Interval


@dataclass(frozen=True, slots=True)
class Gap:
    """Largest minus smallest value over groups that are not small; NaN, with no worst, where fewer than two are left.

    `null` is the mean gap under permuted labels, `null_high` its 95th percentile, `p` the share of permutations (the
    observed labels among them) with a gap at least as large, `adjusted` the same for a whole table of gaps (Holm).
    """

    value: float
    worst: str
    null: float
    null_high: float
    p: float
    adjusted: float


@dataclass(frozen=True, slots=True)
class Fairness:
    """One metric over the groups of one attribute. Cases that do not state the attribute are left out."""

    attribute: str
    metric: str
    members: tuple[Member, ...]
    gap: Gap


def fairness(
    scores: Sequence[Score], cases: Mapping[str, Case], knowledge: Knowledge, *, resamples: int, seed: int
) -> tuple[Fairness, ...]:
    """Every attribute with two groups or more, each metric of `METRICS` that is scored in two of them.

    Args:
        scores: open answers.
        cases: by id.
    """
    columns = diagnosis.ratios(scores, knowledge)
    groups = np.array([score.group for score in scores], dtype=str)
    ids = np.array([score.case_id for score in scores], dtype=str)
    found: list[Fairness] = []
    for attribute, read in ATTRIBUTES.items():
        labels = np.array([read(cases[score.case_id]) for score in scores], dtype=str)
        for metric in METRICS:
            ratio = columns[metric]
            kept = (labels != "") & (ratio.denominator > 0)
            if len(set(labels[kept].tolist())) > 1:
                one = Ratio(ratio.numerator[kept], ratio.denominator[kept], ratio.share)
                number = Counter(label for label, _ in set(zip(labels[kept].tolist(), ids[kept].tolist(), strict=True)))
                found.append(_fairness(attribute, metric, one, labels[kept], groups[kept], number, resamples, seed))
    adjusted = holm({str(place): one.gap.p for place, one in enumerate(found) if one.gap.worst})
    return tuple(
        replace(one, gap=replace(one.gap, adjusted=adjusted[str(place)])) if one.gap.worst else one
        for place, one in enumerate(found)
    )


def _fairness(
    attribute: str,
    metric: str,
    ratio: Ratio,
    labels: Texts,
    groups: Texts,
    cases: Mapping[str, int],
    resamples: int,
    seed: int,
) -> Fairness:
    names = sorted(cases)
    values = bootstrap(
        {name: ratio.where((labels == name).astype(float)) for name in names},
        groups.tolist(),
        resamples=resamples,
        seed=seed,
    )
    members = tuple(Member(name, cases[name], values[name]) for name in names)
    large = [member for member in members if member.cases >= SMALLEST]
    if len(large) < 2:
        nan = float("nan")
        return Fairness(attribute, metric, members, Gap(nan, "", nan, nan, nan, nan))
    worst = min(large, key=lambda member: (member.value.value, member.label))
    value = max(member.value.value for member in large) - worst.value.value
    kept = np.isin(labels, [member.label for member in large])
    rng = np.random.default_rng(seed)
    drawn = null(
        ratio.numerator[kept], ratio.denominator[kept], labels[kept], groups[kept], draws=_PERMUTATIONS, rng=rng
    )
    p = (1 + int((drawn >= value - 1e-12).sum())) / (1 + len(drawn))
    gap = Gap(value, worst.label, float(np.nanmean(drawn)), float(np.nanquantile(drawn, 0.95)), p, p)
    return Fairness(attribute, metric, members, gap)


def null(
    top: Floats,
    bottom: Floats,
    labels: Texts,
    groups: Texts,
    *,
    draws: int,
    rng: np.random.Generator,
) -> Floats:
    """Gaps with no true gap, shape (draws,): the labels are dealt anew, and what they were is forgotten.

    What is dealt to is a patient (`groups`), or where a patient has several labels, a patient's images of one label; so
    images of one patient stay together, as they were.

    Args:
        top, bottom: the metric's columns, shape (n,). labels, groups: texts of shape (n,).
    """
    names, label = np.unique(labels, return_inverse=True)
    units, first, unit = np.unique(
        np.char.add(np.char.add(groups, "|"), labels), return_index=True, return_inverse=True
    )
    tops, bottoms = (np.bincount(unit, weights=column, minlength=len(units)) for column in (top, bottom))
    dealt = label[first]
    found = np.zeros(draws)
    for draw in range(draws):
        order = rng.permutation(dealt)
        sums, counts = (np.bincount(order, weights=column, minlength=len(names)) for column in (tops, bottoms))
        values = np.divide(sums, counts, out=np.full(len(names), np.nan), where=counts > 0)
        found[draw] = np.nanmax(values) - np.nanmin(values)
    return found


def _band(age: float) -> str:
    edges = (0, *_AGES)
    place = sum(age >= edge for edge in _AGES)
    return f"{edges[place]}+" if place == len(_AGES) else f"{edges[place]}-{_AGES[place] - 1}"
