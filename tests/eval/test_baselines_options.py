"""Baselines answer every task: they choose among options, and say the condition when asked for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from eval.backends import FunctionBackend
from eval.baselines import (
    BASELINES,
    chance,
    ddx_hub,
    majority,
    most_specific,
    none_of_the_above,
    position,
    uniform,
)
from eval.prediction import Request, Sampling, Task
from kg_service.core.answer import ABSTAIN, Answer, instruction, parse
from kg_service.core.concept import Condition
from kg_service.core.knowledge import Knowledge
from tests.mini import mini

from .rows import case, folder_of_cases

TRAIN = [case(n, gold) for n, gold in enumerate(["psoriasis"] * 5 + ["junctional-nevus"] * 3 + ["melanoma"] * 4)]


def asked(*options: str, name: str = "x", task: Task = Task.CHOICE) -> Request:
    return Request(name, "", "", "", options=options or None, task=task)


def test_a_draw_takes_either_place_in_the_two_orders_of_a_pair() -> None:
    backend = uniform(TRAIN, mini())
    pair, places = ("psoriasis", "melanoma"), Counter[tuple[int, int]]()
    for number in range(40):
        both = [replace(asked(*two, name=f"c{number}"), prompt=instruction(two)) for two in (pair, pair[::-1])]
        places[tuple(one.options.index(said(backend, one).diagnosis) for one in both)] += 1  # type: ignore[union-attr,index]
    assert len(places) == 4


def said(backend: FunctionBackend, request: Request) -> Answer:
    (found,) = backend.generate([request], Sampling())
    answer = parse(found.text, options=request.options)
    assert isinstance(answer, Answer)
    return answer


def test_majority_takes_the_option_that_was_most_frequent(knowledge: Knowledge) -> None:
    answer = said(
        majority(TRAIN, knowledge), asked("junctional nevus", "superficial spreading melanoma", "Bowen's disease")
    )
    assert (answer.diagnosis, answer.condition) == ("superficial spreading melanoma", Condition.MALIGNANT)


def test_an_option_is_worth_the_golds_on_its_line_and_the_deepest_of_a_line_is_taken(knowledge: Knowledge) -> None:
    backend = majority(TRAIN, knowledge)
    assert said(backend, asked("psoriasis", "melanocytic neoplasm")).diagnosis == "melanocytic neoplasm"  # 7 against 5
    assert said(backend, asked("melanocytic neoplasm", "psoriasis", "melanoma")).diagnosis == "melanoma"


def test_among_options_never_seen_the_first_is_taken(knowledge: Knowledge) -> None:
    assert (
        said(majority(TRAIN, knowledge), asked("Bowen's disease", "basal cell carcinoma")).diagnosis
        == "Bowen's disease"
    )


@pytest.mark.parametrize(("place", "label"), [(0, "psoriasis"), (1, "melanoma"), (3, "melanoma")])
def test_position_takes_a_place_and_the_last_where_it_is_missing(place: int, label: str, knowledge: Knowledge) -> None:
    assert said(position(TRAIN, knowledge, place=place), asked("psoriasis", "melanoma")).diagnosis == label


def test_most_specific_takes_the_deepest_option(knowledge: Knowledge) -> None:
    options = ("psoriasis", "junctional nevus", "superficial spreading melanoma")
    assert said(most_specific(TRAIN, knowledge), asked(*options)).diagnosis == options[2]


def test_the_hub_is_the_option_with_most_differentials(knowledge: Knowledge) -> None:
    options = ("psoriasis", "superficial spreading melanoma", "junctional nevus")
    assert said(ddx_hub(TRAIN, knowledge), asked(*options)).diagnosis == options[1]


def test_none_of_the_above_says_so_whatever_is_offered(knowledge: Knowledge) -> None:
    assert said(none_of_the_above(TRAIN, knowledge), asked("psoriasis", ABSTAIN)).diagnosis == ABSTAIN
    assert said(none_of_the_above(TRAIN, knowledge), asked()).diagnosis == ABSTAIN


def test_random_takes_every_option_equally_and_chance_as_often_as_it_was_seen(knowledge: Knowledge) -> None:
    options = ("psoriasis", "junctional nevus", ABSTAIN)
    drawn = [
        Counter(said(backend, asked(*options, name=str(n))).diagnosis for n in range(900))
        for backend in (uniform(TRAIN, knowledge), chance(TRAIN, knowledge))
    ]
    assert drawn[0] == {option: pytest.approx(300, abs=60) for option in options}
    assert drawn[1] == {
        "psoriasis": pytest.approx(5 / 8 * 900, abs=60),
        "junctional nevus": pytest.approx(3 / 8 * 900, abs=60),
    }


def test_asked_for_the_condition_the_likeliest_of_all_is_said(knowledge: Knowledge) -> None:
    train = [case(n, g) for n, g in enumerate(["psoriasis"] * 3 + ["blue-nevus"] * 2 + ["junctional-nevus"] * 2)]
    backend = majority(train, knowledge)
    assert said(backend, asked()).condition is Condition.NON_NEOPLASTIC
    assert said(backend, asked(task=Task.CONDITION)).condition is Condition.BENIGN


@pytest.mark.parametrize("name", sorted(BASELINES))
def test_every_baseline_names_an_option_of_every_question(name: str, tmp_path: Path, knowledge: Knowledge) -> None:
    cases = folder_of_cases(tmp_path)
    backend = BASELINES[name](cases, tmp_path, knowledge, cases)
    options = ("melanoma", "psoriasis", "basal cell carcinoma", ABSTAIN)
    image = str(tmp_path / cases[0].image)
    request = Request(cases[0].id, instruction(options), image, "", options=options, task=Task.NONE_OF_THE_ABOVE)
    assert said(backend, request).diagnosis in options
