"""Groups of people and of lesions: each group's value, and whether the gap is more than chance makes.

The largest value minus the smallest is never 0: with no true gap, three groups of the sizes of DDI's skin types (208,
241, 207) differ by 5.2 points on average where 7 of 10 answers are right. So the gap is shown beside its null band, the
gaps after the labels have been permuted over patients.

A gap by site or age may be a gap between diseases, which sites and ages have in different shares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge

from ..intervals import Interval, bootstrap
from ..score import Score
from . import diagnosis
from .ratio import Floats, Ratio

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
    observed labels among them) with a gap at least as large.
    """

    value: float
    worst: str
    null: float
    null_high: float
    p: float


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
    found: list[Fairness] = []
    for attribute, read in ATTRIBUTES.items():
        stated = [score for score in scores if read(cases[score.case_id])]
        labels = np.array([read(cases[score.case_id]) for score in stated], dtype=str)
        if len(set(labels)) < 2:
            continue
        groups = [score.group for score in stated]
        columns = diagnosis.ratios(stated, knowledge)
        for metric in METRICS:
            if len(set(labels[columns[metric].denominator > 0])) > 1:
                found.append(_fairness(attribute, metric, columns[metric], labels, groups, resamples, seed))
    return tuple(found)


def _fairness(
    attribute: str,
    metric: str,
    ratio: Ratio,
    labels: np.ndarray,
    groups: Sequence[str],
    resamples: int,
    seed: int,
) -> Fairness:
    count = {label: int((ratio.denominator[labels == label] > 0).sum()) for label in sorted(set(labels.tolist()))}
    scored = [label for label, number in count.items() if number]
    values = bootstrap(
        {label: ratio.where((labels == label).astype(float)) for label in scored},
        groups,
        resamples=resamples,
        seed=seed,
    )
    members = tuple(Member(label, count[label], values[label]) for label in scored)
    large = [member for member in members if member.cases >= SMALLEST]
    if len(large) < 2:
        nan = float("nan")
        return Fairness(attribute, metric, members, Gap(nan, "", nan, nan, nan))
    worst = min(large, key=lambda member: (member.value.value, member.label))
    kept = np.isin(labels, [member.label for member in large])
    value = max(member.value.value for member in large) - worst.value.value
    drawn = null(
        ratio.numerator[kept],
        ratio.denominator[kept],
        labels[kept],
        [group for group, keep in zip(groups, kept, strict=True) if keep],
        draws=_PERMUTATIONS,
        rng=np.random.default_rng(seed),
    )
    p = (1 + int((drawn >= value - 1e-12).sum())) / (1 + len(drawn))
    gap = Gap(value, worst.label, float(np.nanmean(drawn)), float(np.nanquantile(drawn, 0.95)), p)
    return Fairness(attribute, metric, members, gap)


def null(
    top: Floats,
    bottom: Floats,
    labels: np.ndarray,
    groups: Sequence[str],
    *,
    draws: int,
    rng: np.random.Generator,
) -> Floats:
    """Gaps with no true gap, shape (draws,): the labels are dealt anew, and what they were is forgotten.

    What is dealt to is a patient (`groups`), or where a patient has several labels, a patient's images of one label; so
    images of one patient stay together, as they were.

    Args:
        top, bottom: the metric's columns, shape (n,). labels: shape (n,).
    """
    names, label = np.unique(labels, return_inverse=True)
    units, first, unit = np.unique(
        np.char.add(np.char.add(np.array(groups, dtype=str), "\0"), labels), return_index=True, return_inverse=True
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
