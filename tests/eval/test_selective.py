"""The climbing rule and its risk-coverage curve."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics.selective import climb, selective, stop
from eval.metrics.specificity import specificity
from kg_service.core.knowledge import Knowledge
from tests.mini import mini

from .scored import sampled

SSM = "superficial-spreading-melanoma"
KNOWLEDGE = mini()
CONCEPTS = st.sampled_from(sorted(KNOWLEDGE.concepts))
SAMPLES = st.lists(st.none() | CONCEPTS, min_size=1, max_size=8)


def test_the_answer_starts_at_the_most_frequent_concept_and_climbs_until_enough_samples_agree(
    knowledge: Knowledge,
) -> None:
    named = [SSM, SSM, "nodular-melanoma", "basal-cell-carcinoma", "psoriasis"]
    way = [(step.concept, step.share) for step in climb(named, knowledge)]
    # Of melanoma's two parents the way goes by the malignant one, which basal cell carcinoma agrees with.
    assert way == [
        (SSM, 0.4), ("melanoma", 0.6), ("malignant-neoplasm", 0.8), ("neoplasm", 0.8), (None, 1.0)
    ]  # fmt: skip
    steps = climb(named, knowledge)
    assert [stop(steps, t) for t in (0.0, 0.5, 0.7, 0.9, inf)] == [SSM, "melanoma", "malignant-neoplasm", None, None]


def test_silence_is_a_sample_that_agrees_with_nothing(knowledge: Knowledge) -> None:
    assert climb([None, "psoriasis"], knowledge)[0].share == 0.5
    assert climb([None, None], knowledge)[0].concept is None


@given(SAMPLES, CONCEPTS)
def test_a_climb_never_makes_a_right_answer_wrong(named: list[str | None], gold: str) -> None:
    way = climb(named, KNOWLEDGE)
    right = [step.concept is None or step.concept == gold or KNOWLEDGE.is_ancestor(step.concept, gold) for step in way]
    assert right == sorted(right)


@given(SAMPLES)
def test_a_climb_says_less_and_has_more_samples_behind_it_at_every_step(named: list[str | None]) -> None:
    way = climb(named, KNOWLEDGE)
    told = {**specificity(KNOWLEDGE), None: 0.0}
    said = [told[step.concept] for step in way]
    shares = [step.share for step in way]
    assert said == sorted(said, reverse=True)
    assert shares == sorted(shares)


def test_the_curve_runs_from_first_answers_to_silence(knowledge: Knowledge) -> None:
    two = ["nodular melanoma", SSM]  # equally often: the answer is the first by name, which is right here
    scores = sampled(knowledge, (SSM, [SSM, SSM]), ("psoriasis", ["psoriasis"] * 2), ("nodular-melanoma", two))
    found = selective(scores, knowledge, resamples=50, seed=0)
    assert found
    points = found.climbing.points
    assert (found.samples, found.cases) == (2, 3)
    assert [point.threshold for point in points] == [0.0, 0.5, 1.0, inf]
    assert points[0].risk.value == 0
    melanoma = specificity(knowledge)["melanoma"]
    assert [point.coverage for point in points] == pytest.approx([1, 1, (2 + melanoma) / 3, 0])
    assert [point.answered for point in found.flat.points] == pytest.approx([1, 1, 2 / 3, 0])
    assert points[-1].risk.value == 0


def test_climbing_beats_giving_up_where_the_samples_agree_on_the_group(knowledge: Knowledge) -> None:
    # Each case is torn between two melanomas and named wrong at first; a few are sure and right.
    torn = [("nodular-melanoma", [SSM, SSM, SSM, "nodular melanoma"])] * 40
    found = selective(
        sampled(knowledge, *torn, *[("psoriasis", ["psoriasis"] * 4)] * 20), knowledge, resamples=200, seed=0
    )
    assert found
    assert found.climbing.points[0].risk.value == pytest.approx(40 / 60)
    # Climbing all 40 to melanoma keeps (20 + 40 * I) / 60 of the coverage and leaves no error.
    assert found.risk_difference.value < 0
    assert found.risk_difference.verdict == "lower"
    assert found.area_difference.verdict == "lower"


def test_one_sample_a_case_has_no_curve(knowledge: Knowledge) -> None:
    assert selective(sampled(knowledge, (SSM, [SSM])), knowledge, resamples=10, seed=0) is None
