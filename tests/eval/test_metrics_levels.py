"""Node recall, recall and precision of golds, and specificity, against numbers worked out by hand."""

from __future__ import annotations

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.intervals import bootstrap
from eval.metrics.levels import golds, levels
from eval.metrics.specificity import ratios, specificity
from kg_service.core.knowledge import Knowledge
from tests.mini import mini

from .rows import reply
from .scored import sampled, scored

SSM = "superficial-spreading-melanoma"
KNOWLEDGE = mini()


def test_node_recall_asks_every_ancestor_of_the_gold_whether_the_answer_is_below_it(knowledge: Knowledge) -> None:
    # Golds: SSM twice, junctional nevus once. Answers: nodular melanoma, junctional nevus, junctional nevus.
    rows = [("nodular melanoma", SSM), ("junctional nevus", SSM), ("junctional nevus", "junctional-nevus")]
    found = levels(scored(knowledge, *[(reply(r), g) for r, g in rows]), knowledge, resamples=10, seed=0)
    recall = {node.concept: (node.cases, node.recall.value) for level in found for node in level.nodes}
    assert recall == {
        "neoplasm": (3, 1),
        "malignant-neoplasm": (2, 0.5),
        "melanocytic-neoplasm": (3, 1),
        "melanocytic-nevus": (1, 1),
        "melanoma": (2, 0.5),
        "junctional-nevus": (1, 1),
        SSM: (2, 0),
    }
    assert [level.recall.value for level in found] == pytest.approx([1, 0.75, 0.75, 0.5])


def test_a_gold_has_recall_over_its_cases_and_precision_over_its_answers(knowledge: Knowledge) -> None:
    rows = [
        ("melanoma", "melanoma"),
        ("nodular melanoma", "melanoma"),  # finer is right
        ("melanoma", SSM),  # right as far as it goes
        ("melanoma", "psoriasis"),
        ("psoriasis", "melanoma"),
        ("psoriasis", "melanoma"),
        ("blue nevus", "melanoma"),
    ]
    found = golds(scored(knowledge, *[(reply(r), g) for r, g in rows]), knowledge, resamples=10, seed=0)
    first = found[0]
    assert (first.gold, first.cases, first.recall.value) == ("melanoma", 5, 0.4)
    assert first.precision.value == pytest.approx(3 / 4)
    assert first.mistaken_for == ("psoriasis", 2)
    assert [one.gold for one in found] == ["melanoma", "psoriasis", SSM]


def test_specificity_is_1_for_a_leaf_and_falls_with_the_leaves_below(knowledge: Knowledge) -> None:
    # Leaves: SSM, nodular melanoma, two nevi, BCC, Bowen, seborrheic keratosis, psoriasis, myeloma: nine.
    told = specificity(knowledge)
    assert told[SSM] == told["psoriasis"] == told["inflammatory-disease"] == 1
    assert told["melanoma"] == pytest.approx(1 - log(2) / log(9))
    assert told["neoplasm"] == pytest.approx(1 - log(8) / log(9))


@given(st.sampled_from(sorted(KNOWLEDGE.concepts)))
def test_nothing_is_more_specific_than_what_stands_below_it(concept: str) -> None:
    told = specificity(KNOWLEDGE)
    assert all(told[above] <= told[concept] for above in KNOWLEDGE.ancestors(concept))
    assert 0 <= told[concept] <= 1


def test_a_wrong_answer_says_much_and_says_nothing_right(knowledge: Knowledge) -> None:
    rows = scored(knowledge, (reply("melanoma"), SSM), (reply("psoriasis"), SSM), ("", SSM))
    found = bootstrap(ratios(rows, knowledge), ["a", "b", "c"], resamples=5, seed=0)
    melanoma = specificity(knowledge)["melanoma"]
    assert found["specificity"].value == pytest.approx((melanoma + 1) / 3)
    assert found["right_specificity"].value == pytest.approx(melanoma / 3)
    assert found["gold_specificity"].value == 1


def test_cases_asked_several_times_count_once(knowledge: Knowledge) -> None:
    rows = sampled(knowledge, ("psoriasis", ["psoriasis", "melanoma", ""]), (SSM, ["melanoma"] * 3))
    assert [node.cases for node in levels(rows, knowledge, resamples=5, seed=0)[0].nodes] == [1, 1]
    found = golds(rows, knowledge, resamples=5, seed=0)[0]
    assert (found.gold, found.cases, found.recall.value) == ("psoriasis", 1, pytest.approx(1 / 3))
