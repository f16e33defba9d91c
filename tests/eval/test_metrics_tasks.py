"""What is asked with options or with another picture: choice, withheld answers, pairs, reliance."""

from __future__ import annotations

import json
from math import isnan

import pytest

from eval.metrics import extras
from eval.metrics.choice import by_level, by_rule, withheld
from eval.metrics.pairs import pairs, right_groups
from eval.metrics.reliance import reliance
from eval.outcome import Outcome
from eval.prediction import Look, Task
from eval.score import Score
from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge

from .rows import reply
from .scored import asked, sampled, scored

HOW = {"resamples": 50, "seed": 0}


def choice(case: str, place: int | None, *, rule: str = "ddx", via: str = "neighbour,gold,random") -> Score:
    right = place is not None and via.split(",")[place] == "gold"
    return asked(Task.CHOICE, case, right=right, place=place, about={"rule": rule, "via": via})


def pair(case: str, first: bool, last: bool, *, group: str = "", a: str = "a", b: str = "b") -> list[Score]:
    """The two questions about one image of `a`: right or not with the gold first, and with it last."""
    name = "--".join(sorted((a, b)))
    about = {"pair": name, "rule": "ddx", "right": a, "against": b, **({"group": f"{name}/{group}"} if group else {})}
    return [
        asked(Task.PAIR, case, right=right, chosen=a if right else b, place=int(right != (order == "gold-first")),
              about={**about, "order": order})
        for order, right in (("gold-first", first), ("gold-last", last))
    ]  # fmt: skip


def test_choice_says_which_wrong_options_are_fallen_for_and_where_answers_stand() -> None:
    rows = [choice("c0", 1), choice("c1", 0), choice("c2", 0, via="gold,random,neighbour"), choice("c3", None)]
    (found,) = by_rule([*rows, choice("c4", 2, rule="random", via="random,random,gold")][:4], **HOW)
    assert (found.rule, found.questions, found.accuracy.value) == ("ddx", 4, 0.5)
    assert found.chance == pytest.approx(1 / 3)
    assert found.wrong == {"neighbour": 1, "none": 1}
    assert [(one.gold, one.chosen) for one in found.places] == [
        (0.25, pytest.approx(2 / 3)), (0.75, pytest.approx(1 / 3)), (0, 0)
    ]  # fmt: skip
    assert [one.accuracy.value for one in found.places[:2]] == pytest.approx([1, 1 / 3])
    assert isnan(found.places[2].accuracy.value)


def test_rules_are_told_apart() -> None:
    rows = [choice("c0", 1), choice("c0", 0, rule="random")]
    assert [(one.rule, one.accuracy.value) for one in by_rule(rows, **HOW)] == [("ddx", 1), ("random", 0)]


def test_levels_are_asked_one_by_one() -> None:
    rows = [asked(Task.LEVELS, f"c{n}", right=n % level == 0, about={"level": str(level), "right": "x"})
            for n in range(4) for level in (2, 10)]  # fmt: skip
    assert [(one.level, one.accuracy.value) for one in by_level(rows, **HOW)] == [(2, 0.5), (10, 0.25)]


def test_a_withheld_answer_stands_beside_its_control() -> None:
    silent = {"outcome": Outcome.ABSTAINED, "about": {"rule": "ddx", "via": "random"}}
    loud = {**silent, "outcome": Outcome.FAR}
    control = {"rule": "ddx", "via": "gold,random", "abstain": "offered"}
    rows = [
        asked(Task.NONE_OF_THE_ABOVE, "c0", right=True, **silent),
        *[asked(Task.NONE_OF_THE_ABOVE, f"c{n}", right=False, **loud) for n in (1, 2, 3)],
        asked(Task.CHOICE, "c0", right=False, outcome=Outcome.ABSTAINED, about=control),
        asked(Task.CHOICE, "c1", right=True, about=control),
    ]
    (found,) = withheld(rows, **HOW)
    assert (found.questions, found.abstained.value) == (4, 0.25)
    assert (found.control_abstained.value, found.control_accuracy.value) == (0.5, 0.5)
    assert by_rule(rows, **HOW) == ()


def test_a_pair_is_right_when_both_orders_are_and_a_group_when_both_images_are() -> None:
    rows = [
        *pair("c0", True, True, group="0"),
        *pair("c1", True, True, group="0", a="b", b="a"),
        *pair("c2", True, True, group="1"),
        *pair("c3", True, False, group="1", a="b", b="a"),
        *pair("c4", False, False),
    ]
    (found,) = pairs(rows, **HOW)
    assert (found.images, found.groups) == (5, 2)
    assert found.accuracy.value == pytest.approx(7 / 10)
    assert found.pair_score.value == pytest.approx(3 / 5)
    assert found.group_score.value == pytest.approx(1 / 2)
    assert found.order_bias.value == pytest.approx(1 / 5)
    assert [(one.a, one.b, one.images) for one in found.pairs] == [("a", "b", 5)]


def test_who_always_takes_the_first_option_gets_half_the_questions_and_no_pair() -> None:
    rows = [
        row for n in range(10) for row in pair(f"c{n}", True, False, group=str(n // 2), a="ab"[n % 2], b="ba"[n % 2])
    ]
    (found,) = pairs(rows, **HOW)
    assert (found.accuracy.value, found.pair_score.value, found.group_score.value) == (0.5, 0, 0)
    assert (found.order_bias.value, found.first.value) == (1, 1)


def test_who_always_names_one_disease_gets_half_the_pairs_and_no_group() -> None:
    rows = [row for n in range(10) for row in pair(f"c{n}", n % 2 == 0, n % 2 == 0, group=str(n // 2), a="ab"[n % 2], b="ba"[n % 2])]  # noqa: E501  # fmt: skip
    (found,) = pairs(rows, **HOW)
    assert (found.pair_score.value, found.group_score.value, found.order_bias.value) == (0.5, 0, 0)


def test_half_a_group_is_no_group() -> None:
    assert right_groups(pair("c0", True, True, group="0")) == {}


def test_reliance_compares_the_same_questions_with_another_picture() -> None:
    rows = [
        asked(Task.CHOICE, f"c{n}", right=look is Look.REAL or n % 4 == 0, look=look, about=about)
        for look, about in ((Look.REAL, {"rule": "ddx"}), (Look.SHUFFLED, {"rule": "ddx", "shown": "c9"}))
        for n in range(40)
    ]
    (found,) = reliance(rows, **HOW)
    assert (found.task, found.questions, found.right.value) == (Task.CHOICE, 40, 1)
    (other,) = found.looks
    assert (other.look, other.right.value) == (Look.SHUFFLED, 0.25)
    assert other.right_gained.value == pytest.approx(0.75)
    assert other.right_gained.verdict == "higher"
    assert other.reward_gained.value == pytest.approx(0.75)


def test_a_picture_shown_for_some_cases_is_compared_on_those() -> None:
    rows = [asked(Task.DIAGNOSIS, f"c{n}", right=n < 5) for n in range(10)]
    rows += [asked(Task.DIAGNOSIS, f"c{n}", right=True, look=Look.PARTNER, about={"shown": "c0"}) for n in range(5)]
    (found,) = reliance(rows, **HOW)
    assert found.right.value == 0.5
    assert found.looks[0].right_gained.value == 0


def test_extras_hold_none_for_what_was_not_asked_and_are_json(knowledge: Knowledge) -> None:
    cases = [Case(f"c{n}", "drawn", "", "", "psoriasis", "test", "CC0-1.0", sex="mf"[n % 2]) for n in range(8)]
    alone = extras(scored(knowledge, *[(reply("psoriasis"), "psoriasis")] * 8), cases, knowledge, **HOW)
    assert (alone.selective, alone.calibration, alone.choice, alone.pairs, alone.reliance) == (None,) * 5
    assert alone.levels
    assert alone.golds
    assert alone.fairness
    assert alone.conditions
    assert alone.malignancy is None  # no case is malignant
    rows = [*sampled(knowledge, *[("psoriasis", ["psoriasis", ""])] * 4), choice("c0", 1), *pair("c1", True, False)]
    rows += [asked(Task.CONDITION, "c2", right=True)]
    found = extras(rows, cases, knowledge, **HOW)
    text = json.dumps(found.as_json(), allow_nan=False)
    assert found.selective
    assert found.calibration
    assert found.condition_questions
    assert found.nulls["pair score"] == 0.25
    assert found.nulls["choice, ddx"] == pytest.approx(1 / 3)
    assert json.loads(text)["selective"]["climbing"]["points"][-1]["threshold"] is None
    nothing = extras([choice("c0", 1)], cases, knowledge, **HOW)
    assert nothing.levels is None
    assert nothing.specificity is None
    assert nothing.fairness is None
