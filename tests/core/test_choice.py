"""Multiple-choice questions: one right option, wrong ones by the rule, the same question for the same seed."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from kg_service.core.choice import Choice, Rule, offer
from kg_service.core.errors import OptionsInvalid

from ..mini import mini

KNOWLEDGE = mini()
POOL = ("superficial-spreading-melanoma", "nodular-melanoma", "junctional-nevus", "blue-nevus", "basal-cell-carcinoma",
        "bowen-disease", "seborrheic-keratosis", "psoriasis")  # fmt: skip
SEEDS = range(40)


def ask(gold: str, rule: Rule, seed: int, pool: tuple[str, ...] = POOL, count: int = 4) -> Choice:
    return offer(KNOWLEDGE, gold, rule, pool, random.Random(seed), count=count)


@pytest.mark.parametrize("rule", list(Rule))
def test_every_question_offers_its_gold_once_among_different_concepts(rule: Rule):
    for seed in SEEDS:
        found = ask(POOL[seed % len(POOL)], rule, seed)
        assert len(set(found.concepts)) == len(found.via) == 4
        assert found.concepts[found.gold] == POOL[seed % len(POOL)]
        assert found.via.count("gold") == 1


@pytest.mark.parametrize("rule", [rule for rule in Rule if rule is not Rule.PATH])
def test_no_two_options_lie_on_one_line_so_that_exactly_one_is_right(rule: Rule):
    for seed in SEEDS:
        found = ask(POOL[seed % len(POOL)], rule, seed, pool=(*POOL, "melanoma", "melanocytic-nevus", "neoplasm"))
        assert not any(KNOWLEDGE.same_line(a, b) for a, b in combinations(found.concepts, 2))


def test_published_questions_offer_one_to_three_concepts_of_the_own_path_and_else_golds_of_the_data():
    gold, counts = "superficial-spreading-melanoma", set()
    for seed in SEEDS:
        found = ask(gold, Rule.PATH, seed)
        own = [c for c, via in zip(found.concepts, found.via, strict=True) if via in ("gold", "path")]
        others = [c for c, via in zip(found.concepts, found.via, strict=True) if via == "random"]
        assert set(own) <= set(KNOWLEDGE.lineage(gold))
        assert set(others) <= set(POOL)
        assert not any(KNOWLEDGE.same_line(gold, other) for other in others)
        counts.add(len(own))
    assert counts == {1, 2, 3}


def test_a_group_of_the_own_path_does_not_forbid_its_other_diseases_as_wrong_options():
    # all golds of a dataset of tumours lie under "neoplasm", which the path of each may offer
    pool = tuple(gold for gold in POOL if gold != "psoriasis")
    found = [ask("nodular-melanoma", Rule.PATH, seed, pool) for seed in SEEDS]
    assert any("neoplasm" in choice.concepts for choice in found)


def test_ddx_questions_offer_what_the_gold_is_taken_for_and_say_what_fills_up():
    found = ask("superficial-spreading-melanoma", Rule.DDX, 0)
    by_via = dict(zip(found.concepts, found.via, strict=True))
    assert by_via["junctional-nevus"] == by_via["seborrheic-keratosis"] == "neighbour"
    assert sorted(found.via) == ["gold", "neighbour", "neighbour", "random"]


def test_sibling_questions_offer_children_of_the_golds_parents():
    found = ask("blue-nevus", Rule.SIBLING, 0)
    assert dict(zip(found.concepts, found.via, strict=True))["junctional-nevus"] == "sibling"


def test_a_question_depends_on_its_seed_and_not_on_the_order_of_the_pool():
    for rule in Rule:
        first = [ask(POOL[0], rule, seed) for seed in SEEDS]
        assert first == [ask(POOL[0], rule, seed, pool=POOL[::-1] + POOL) for seed in SEEDS]
        assert len({choice.concepts for choice in first}) > 5


def test_the_gold_stands_at_every_place():
    assert {ask(POOL[0], Rule.RANDOM, seed).gold for seed in SEEDS} == {0, 1, 2, 3}


def test_too_few_diagnoses_are_refused_and_the_gold_is_named():
    with pytest.raises(OptionsInvalid, match="blue nevus"):
        ask("blue-nevus", Rule.RANDOM, 0, pool=("blue-nevus", "melanocytic-nevus", "psoriasis"))
