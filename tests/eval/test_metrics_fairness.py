"""Gaps between groups, and the gap that chance makes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from eval.metrics.fairness import ATTRIBUTES, Fairness, fairness, null
from eval.score import Score
from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge

from .rows import case, reply
from .scored import scored

DDI = (208, 241, 207)  # Fitzpatrick I-II, III-IV, V-VI


def measured(knowledge: Knowledge, right: list[bool], cases: list[Case]) -> dict[tuple[str, str], Fairness]:
    one, other = scored(knowledge, (reply("psoriasis", "non-neoplastic"), "psoriasis"), ("", "psoriasis"))
    rows: list[Score] = [
        replace(one if fine else other, case_id=c.id, group=c.group) for fine, c in zip(right, cases, strict=True)
    ]
    found = fairness(rows, {c.id: c for c in cases}, knowledge, resamples=50, seed=0)
    return {(part.attribute, part.metric): part for part in found}


def test_without_a_true_gap_groups_of_ddis_sizes_differ_by_five_points() -> None:
    # Assumed: 70 % right, which `evaluation.md` does not say; at 50 % it would be 5.8 points, at 80 % 4.6.
    labels = np.repeat(["I-II", "III-IV", "V-VI"], DDI)
    right = (np.arange(sum(DDI)) < 0.7 * sum(DDI)).astype(float)
    groups = np.arange(sum(DDI)).astype(str)
    found = null(right, np.ones(sum(DDI)), labels, groups, draws=1000, rng=np.random.default_rng(0))
    assert found.mean() == pytest.approx(0.052, abs=0.003)


def test_a_true_gap_is_above_its_null_and_names_the_worst(knowledge: Knowledge) -> None:
    skin = ["I-II"] * 60 + ["V-VI"] * 60
    right = [n % 5 != 0 for n in range(60)] + [n % 2 == 0 for n in range(60)]
    cases = [case(n, "psoriasis", fitzpatrick_group=group) for n, group in enumerate(skin)]
    found = measured(knowledge, right, cases)["fitzpatrick_group", "exact"]
    assert [(one.label, one.cases, one.value.value) for one in found.members] == [
        ("I-II", 60, pytest.approx(0.8)),
        ("V-VI", 60, 0.5),
    ]
    assert found.gap.worst == "V-VI"
    assert found.gap.value == pytest.approx(0.3)
    assert found.gap.value > found.gap.null_high
    assert found.gap.p < 0.01
    assert found.gap.adjusted > found.gap.p  # there are more gaps in the table


def test_small_groups_are_shown_and_make_no_gap(knowledge: Knowledge) -> None:
    sexes = ["female"] * 30 + ["male"] * 30 + ["intersex"] * 3
    cases = [case(n, "psoriasis", sex=sex) for n, sex in enumerate(sexes)]
    found = measured(knowledge, [True] * 30 + [False] + [True] * 29 + [False] * 3, cases)["sex", "exact"]
    assert {one.label: one.cases for one in found.members} == {"female": 30, "intersex": 3, "male": 30}
    assert found.gap.value == pytest.approx(1 / 30)


def test_samples_do_not_make_a_small_group_large(knowledge: Knowledge) -> None:
    cases = [case(n, "psoriasis", sex="fm"[n % 2]) for n in range(12)]
    found = measured(knowledge, [True] * 48, [one for one in cases for _ in range(4)])["sex", "exact"]
    assert [one.cases for one in found.members] == [6, 6]
    assert np.isnan(found.gap.value)


def test_images_of_one_patient_are_dealt_together() -> None:
    # Ten patients of twelve images, each all right or all wrong: chance makes larger gaps than 120 images alone.
    right = np.repeat(np.arange(10) % 2, 12).astype(float)
    labels = np.repeat(["a"] * 5 + ["b"] * 5, 12)
    together, alone = (
        null(right, np.ones(120), labels, groups, draws=300, rng=np.random.default_rng(0)).mean()
        for groups in ((np.arange(120) // 12).astype(str), np.arange(120).astype(str))
    )
    assert together > 2 * alone


def test_what_is_not_stated_is_left_out_and_skin_types_join_in_pairs(knowledge: Knowledge) -> None:
    cases = [case(n, "psoriasis", fitzpatrick=kind) for n, kind in enumerate([1, 2, 5, 6, None])]
    found = measured(knowledge, [True] * 5, cases)
    assert [one.label for one in found["fitzpatrick", "exact"].members] == ["1", "2", "5", "6"]
    assert [(o.label, o.cases) for o in found["fitzpatrick_group", "exact"].members] == [("I-II", 2), ("V-VI", 2)]
    assert np.isnan(found["fitzpatrick", "exact"].gap.value)
    assert ("fitzpatrick", "malignancy_sensitivity") not in found
    assert ("sex", "exact") not in found


@pytest.mark.parametrize(("age", "band"), [(0.5, "0-29"), (29, "0-29"), (30, "30-49"), (69.0, "50-69"), (70, "70+")])
def test_ages_come_in_bands(age: float, band: str) -> None:
    assert ATTRIBUTES["age"](case(0, "psoriasis", age=age)) == band
