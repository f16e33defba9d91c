"""Baselines answer in the project's own format and go through the same scoring."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from eval.baselines import BASELINES, chance, logistic, majority
from eval.prediction import Request, Sampling, requests_for
from kg_service.core.answer import Answer, parse
from kg_service.core.concept import Condition
from kg_service.core.errors import ConfigInvalid
from kg_service.core.knowledge import Knowledge

from .rows import GOLDS, case, folder_of_cases


def diagnoses(backend, requests: list[Request]) -> list[str]:  # type: ignore[no-untyped-def]
    answers = [parse(found.text) for found in backend.generate(requests, Sampling())]
    assert all(isinstance(answer, Answer) for answer in answers)
    return [answer.diagnosis for answer in answers]  # type: ignore[union-attr]


@pytest.mark.parametrize("name", sorted(BASELINES))
def test_every_baseline_writes_well_formed_replies(name: str, tmp_path: Path, knowledge: Knowledge) -> None:
    cases = folder_of_cases(tmp_path)
    backend = BASELINES[name](cases, tmp_path, knowledge)
    assert len(diagnoses(backend, requests_for(cases, tmp_path))) == 12
    assert backend.fingerprint == BASELINES[name](cases, tmp_path, knowledge).fingerprint
    assert backend.fingerprint != BASELINES[name](cases[1:], tmp_path, knowledge).fingerprint


def test_majority_names_the_most_frequent_gold_with_its_condition(knowledge: Knowledge) -> None:
    train = [case(0, "psoriasis"), case(1, "melanoma"), case(2, "melanoma")]
    (found,) = majority(train, knowledge).generate([Request("x", "", "", "")], Sampling())
    answer = parse(found.text)
    assert isinstance(answer, Answer)
    assert (answer.diagnosis, answer.condition) == ("melanoma", Condition.MALIGNANT)


def test_majority_names_a_mixed_gold_with_the_condition_most_of_its_members_have(knowledge: Knowledge) -> None:
    (found,) = majority([case(0, "neoplasm")], knowledge).generate([Request("x", "", "", "")], Sampling())
    answer = parse(found.text)
    assert isinstance(answer, Answer)
    assert answer.condition is Condition.MALIGNANT


def test_chance_draws_labels_as_often_as_they_were_seen(knowledge: Knowledge) -> None:
    train = [case(n, "psoriasis" if n % 4 else "melanoma") for n in range(40)]
    requests = [Request(str(n), "", "", "") for n in range(4000)]
    counted = Counter(diagnoses(chance(train, knowledge), requests))
    assert counted["psoriasis"] / 4000 == pytest.approx(0.75, abs=0.03)


def test_logistic_regression_tells_colours_apart(tmp_path: Path, knowledge: Knowledge) -> None:
    cases = folder_of_cases(tmp_path, 48)
    train, test = cases[:32], cases[32:]
    found = diagnoses(logistic(train, tmp_path, knowledge), requests_for(test, tmp_path))
    assert found == [knowledge.label(one.gold) for one in test]
    assert set(found) == {knowledge.label(gold) for gold in GOLDS}


def test_a_baseline_without_training_cases_says_so(knowledge: Knowledge) -> None:
    with pytest.raises(ConfigInvalid, match="training cases"):
        majority([], knowledge)
