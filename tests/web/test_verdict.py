"""The reward as a page explains it: the numbers are those of the core, each with its reason."""

from __future__ import annotations

import pytest

from kg_service.core.answer import Reason
from kg_service.core.concept import Condition
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import PAPER, RELEASED_CODE, SAFE, SAFE_GROUNDED, score
from kg_service.web.verdict import MALFORMED, Question, Verdict, example, judged

from ..mini import reply

GOLD = "superficial-spreading-melanoma"


def asked(know: Knowledge, text: str, spec=PAPER, **more) -> Verdict:
    return judged(know, Question(text, GOLD, spec, **more))


def reason(verdict: Verdict, term: str) -> str:
    return next(each.why for each in verdict.terms if each.name == term)


@pytest.mark.parametrize("spec", [PAPER, SAFE, SAFE_GROUNDED])
@pytest.mark.parametrize("diagnosis", ["melanoma", "SSM", "psoriasis", "neoplasm", "cannot be determined", "MM", "x"])
def test_the_terms_add_up_to_what_the_core_gives(knowledge: Knowledge, spec, diagnosis: str):
    verdict = asked(knowledge, reply(diagnosis), spec)
    assert verdict.found == score(reply(diagnosis), GOLD, knowledge, spec)
    assert sum(term.earned for term in verdict.terms) == pytest.approx(verdict.found.total)


@pytest.mark.parametrize(
    ("diagnosis", "why"),
    [
        ("superficial spreading melanoma", "the gold itself"),
        ("melanoma", "level 3 of 4"),
        ("blue nevus", "share 2 of the gold's 4 levels"),
        ("psoriasis", "share no group"),
        ("cannot be determined", "cannot be determined"),
        ("nobody knows", "no disease that is known"),
    ],
)
def test_the_diagnosis_says_where_it_stands_to_the_gold(knowledge: Knowledge, diagnosis: str, why: str):
    assert why in reason(asked(knowledge, reply(diagnosis)), "Diagnosis")


def test_a_finer_answer_than_the_gold_is_called_so(knowledge: Knowledge):
    verdict = judged(knowledge, Question(reply("SSM"), "melanoma", SAFE))
    assert reason(verdict, "Diagnosis") == "Finer than the gold: counted as the gold."


def test_a_missed_malignancy_is_said_to_cost(knowledge: Knowledge):
    verdict = asked(knowledge, reply("blue nevus", "benign"), SAFE)
    assert "harmless; the case is malignant" in reason(verdict, "Condition")


def test_every_way_to_be_malformed_is_told(knowledge: Knowledge):
    assert set(MALFORMED) == set(Reason)
    verdict = asked(knowledge, "melanoma")
    assert verdict.malformed == MALFORMED[Reason.MISSING_TAG]
    assert verdict.answer is None
    assert verdict.found.total == 0


def test_a_case_that_states_no_condition_has_none_scored(knowledge: Knowledge):
    verdict = judged(knowledge, Question(reply("neoplasm"), "neoplasm", PAPER))
    assert "nothing is scored" in reason(verdict, "Condition")
    told = judged(knowledge, Question(reply("neoplasm"), "neoplasm", PAPER, condition=Condition.MALIGNANT))
    assert "which is right" in reason(told, "Condition")


def test_the_reward_of_the_released_code_is_told_by_rank(knowledge: Knowledge):
    verdict = asked(knowledge, reply("B"), RELEASED_CODE, options=("neoplasm", "melanoma"))
    assert "rank" in reason(verdict, "Diagnosis")
    assert verdict.found.granularity == 0.75


def test_the_example_is_well_formed_in_every_knowledge(knowledge: Knowledge, shipped: Knowledge):
    for know in (knowledge, shipped):
        assert not judged(know, example(know)).malformed
