"""Outcomes exclude each other and cover everything; the numbers are the core's own."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.degenerate import Degenerate
from eval.prediction import Look, Task
from eval.score import Outcome, score_predictions
from kg_service.core.answer import ABSTAIN
from kg_service.core.concept import Condition
from kg_service.core.errors import GoldUnresolved, RecordInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import PAPER, SAFE, score
from tests.mini import mini

from .rows import case, prediction, reply

SSM = "superficial-spreading-melanoma"
EXPECTED = [
    ("superficial spreading melanoma", "superficial-spreading-melanoma", Outcome.EXACT, 4),
    ("melanoma", SSM, Outcome.COARSER, 3),
    ("malignant skin neoplasm", SSM, Outcome.COARSER, 2),
    ("superficial spreading melanoma", "melanoma", Outcome.FINER, 3),
    ("junctional nevus", SSM, Outcome.WRONG_BRANCH, 2),
    ("basal cell carcinoma", SSM, Outcome.WRONG_BRANCH, 2),
    ("psoriasis", SSM, Outcome.FAR, 0),
    ("an odd spot", SSM, Outcome.UNMAPPED, 0),
    ("no melanoma", SSM, Outcome.UNMAPPED, 0),
    ("MM", SSM, Outcome.UNMAPPED, 0),
    (ABSTAIN, SSM, Outcome.ABSTAINED, 0),
]


@pytest.mark.parametrize(("said", "gold", "outcome", "meet_level"), EXPECTED)
def test_each_kind_of_answer_has_its_outcome(
    said: str, gold: str, outcome: Outcome, meet_level: int, knowledge: Knowledge
) -> None:
    (found,) = score_predictions([prediction(0, reply(said))], [case(0, gold)], knowledge, PAPER)
    assert (found.outcome, found.meet_level) == (outcome, meet_level)


def test_a_malformed_reply_keeps_its_reason_and_earns_nothing(knowledge: Knowledge) -> None:
    (found,) = score_predictions([prediction(0, "melanoma")], [case(0, SSM)], knowledge, PAPER)
    assert (found.outcome, found.malformed, found.total, found.answered) == (Outcome.MALFORMED, "missing-tag", 0, None)


KNOWLEDGE = mini()
LABELS = [concept.pref_label for concept in KNOWLEDGE.concepts.values()]
REPLIES = st.one_of(
    st.builds(reply, st.sampled_from([*LABELS, ABSTAIN, "MM", "melanoma or nevus"]), st.sampled_from(list(Condition))),
    st.text(max_size=40),
)


@given(st.lists(st.tuples(REPLIES, st.sampled_from(sorted(KNOWLEDGE.concepts))), min_size=1, max_size=20))
def test_every_prediction_is_counted_once_and_scored_as_the_core_scores_it(rows: list[tuple[str, str]]) -> None:
    cases = [case(number, gold) for number, (_, gold) in enumerate(rows)]
    predictions = [prediction(number, text) for number, (text, _) in enumerate(rows)]
    for spec in (PAPER, SAFE):
        scores = score_predictions(predictions, cases, KNOWLEDGE, spec)
        assert sum(Counter(one.outcome for one in scores).values()) == len(rows)
        for (text, gold), found in zip(rows, scores, strict=True):
            breakdown = score(text, gold, KNOWLEDGE, spec)
            assert (found.total, found.format, found.granularity, found.condition) == (
                breakdown.total,
                breakdown.format,
                breakdown.granularity,
                breakdown.condition,
            )
            assert (found.outcome is Outcome.MALFORMED) == (breakdown.malformed is not None)
            assert (found.predicted is None) == (
                found.outcome in (Outcome.MALFORMED, Outcome.ABSTAINED, Outcome.UNMAPPED)
            )


def test_the_condition_a_case_states_goes_before_its_concept(knowledge: Knowledge) -> None:
    stated = case(0, "seborrheic-keratosis", condition=Condition.MALIGNANT)
    (found,) = score_predictions([prediction(0, reply("seborrheic keratosis"))], [stated], knowledge, PAPER)
    assert found.truth is Condition.MALIGNANT
    assert found.condition == PAPER.condition


def test_multiple_choice_predictions_are_read_with_their_options(knowledge: Knowledge) -> None:
    row = prediction(0, reply("B"), options=("psoriasis", "melanoma"))
    (found,) = score_predictions([row], [case(0, SSM)], knowledge, PAPER)
    assert found.predicted == "melanoma"


def test_a_case_without_a_prediction_is_an_error(knowledge: Knowledge) -> None:
    with pytest.raises(RecordInvalid, match="1 of 2 cases have no prediction, first 'c1'"):
        score_predictions([prediction(0, "")], [case(0, SSM), case(1, SSM)], knowledge, PAPER)


def test_a_prediction_about_a_stranger_is_an_error(knowledge: Knowledge) -> None:
    with pytest.raises(RecordInvalid, match="unknown cases"):
        score_predictions([prediction(0, ""), prediction(1, "")], [case(0, SSM)], knowledge, PAPER)


def test_an_unknown_gold_is_an_error_and_not_a_zero(knowledge: Knowledge) -> None:
    with pytest.raises(GoldUnresolved):
        score_predictions([prediction(0, "")], [case(0, "atlantis fever")], knowledge, PAPER)


OPTIONS = ("psoriasis", "melanoma", "superficial spreading melanoma")
IN_SITU = "precancerous or in situ"
TASKED = [
    # task, options, the reply, what is right in `about`, the option chosen, right
    (Task.DIAGNOSIS, None, reply("superficial spreading melanoma"), "", None, True),
    (Task.DIAGNOSIS, None, reply("melanoma"), "", None, False),
    (Task.CHOICE, OPTIONS, reply("C"), SSM, SSM, True),
    (Task.CHOICE, OPTIONS, reply("SSM"), SSM, SSM, True),  # by a synonym
    (Task.CHOICE, OPTIONS, reply("B"), SSM, "melanoma", False),
    (Task.CHOICE, OPTIONS, reply("junctional nevus"), SSM, None, False),  # a disease, but no option
    (Task.LEVELS, OPTIONS[:2], reply("B"), "melanoma", "melanoma", True),
    (Task.LEVELS, OPTIONS[:2], reply("superficial spreading melanoma"), "melanoma", None, False),
    (Task.PAIR, ("junctional nevus", OPTIONS[2]), reply("A"), SSM, "junctional-nevus", False),
    (Task.PAIR, ("junctional nevus", OPTIONS[2]), reply(ABSTAIN), SSM, None, False),
    (Task.CONDITION, None, reply("psoriasis", "malignant"), "", None, True),
    (Task.CONDITION, None, reply(OPTIONS[2], IN_SITU), "", None, False),
    (Task.CONDITION, None, "malignant", "", None, False),
    (Task.NONE_OF_THE_ABOVE, (*OPTIONS[:1], ABSTAIN), reply("B"), "", None, True),
    (Task.NONE_OF_THE_ABOVE, (*OPTIONS[:1], ABSTAIN), reply("A"), "", "psoriasis", False),
    (Task.NONE_OF_THE_ABOVE, (*OPTIONS[:1], ABSTAIN), reply(OPTIONS[2]), "", None, False),
]


@pytest.mark.parametrize(("task", "options", "text", "right", "chosen", "is_right"), TASKED)
def test_each_task_has_its_own_right(
    task: Task,
    options: tuple[str, ...] | None,
    text: str,
    right: str,
    chosen: str | None,
    is_right: bool,
    knowledge: Knowledge,
) -> None:
    row = prediction(0, text, task=task, options=options, look=Look.BLANK, about={"right": right} if right else {})
    (found,) = score_predictions([row], [case(0, SSM)], knowledge, PAPER)
    assert (found.chosen, found.right, found.task, found.look, found.about) == (
        chosen, is_right, task, Look.BLANK, row.about,
    )  # fmt: skip


def test_the_published_format_knows_no_non_neoplastic_and_benign_is_right_for_it(knowledge: Knowledge) -> None:
    text = "<thinking>scale</thinking><final diagnosis>psoriasis, benign</final diagnosis>"
    row = prediction(0, text, task=Task.CONDITION, dialect="released")
    (found,) = score_predictions([row], [case(0, "psoriasis")], knowledge, PAPER)
    assert (found.right, found.condition) == (True, PAPER.condition)


def test_a_case_of_which_one_question_is_missing_is_named(knowledge: Knowledge) -> None:
    rows = [prediction(0, "", look=Look.BLANK), prediction(0, ""), prediction(1, "")]
    cases = [case(number, SSM) for number in range(3)]
    assert len(score_predictions(rows, cases, knowledge, PAPER, asked={"c0": 2, "c1": 1})) == 3
    with pytest.raises(RecordInvalid, match="first 'c1'"):
        score_predictions(rows, cases, knowledge, PAPER, asked={"c0": 2, "c1": 2})


def test_a_looping_reply_is_marked_whatever_it_scores(knowledge: Knowledge) -> None:
    row = prediction(0, reply("melanoma", rationale="a border, " * 9 + "red"), complete=False)
    (found,) = score_predictions([row], [case(0, SSM)], knowledge, PAPER)
    assert (found.outcome, found.degenerate) == (Outcome.COARSER, Degenerate.LOOP)


def test_two_predictions_of_one_question_are_an_error_and_not_counted_twice(knowledge: Knowledge) -> None:
    with pytest.raises(RecordInvalid, match="two predictions"):
        score_predictions([prediction(0, "x")] * 2, [case(0, SSM)], knowledge, PAPER)
