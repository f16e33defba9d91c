"""Baselines answer in the project's own format and go through the same scoring."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from eval.baselines import BASELINES, chance, handcrafted, logistic, majority, text_only
from eval.baselines.linear import fit
from eval.baselines.pictures import rings
from eval.prediction import Request, Sampling
from kg_service.core.answer import Answer, parse
from kg_service.core.case import Case
from kg_service.core.concept import Condition
from kg_service.core.errors import ConfigInvalid
from kg_service.core.knowledge import Knowledge

from .rows import GOLDS, case, folder_of_cases, requests_for


def diagnoses(backend, requests: list[Request]) -> list[str]:  # type: ignore[no-untyped-def]
    answers = [parse(found.text) for found in backend.generate(requests, Sampling())]
    assert all(isinstance(answer, Answer) for answer in answers)
    return [answer.diagnosis for answer in answers]  # type: ignore[union-attr]


@pytest.mark.parametrize("name", sorted(BASELINES))
def test_every_baseline_writes_well_formed_replies(name: str, tmp_path: Path, knowledge: Knowledge) -> None:
    cases = folder_of_cases(tmp_path)
    backend, same, other = (BASELINES[name](some, tmp_path, knowledge, cases) for some in (cases, cases, cases[1:]))
    asked = requests_for(cases, tmp_path)
    assert len(diagnoses(backend, asked)) == 12
    assert backend.generate(asked, Sampling()) == same.generate(asked, Sampling())
    assert backend.fingerprint == same.fingerprint
    assert backend.fingerprint != other.fingerprint


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


@pytest.mark.parametrize("baseline", [logistic, handcrafted])
def test_classifiers_of_images_tell_colours_apart(baseline, tmp_path: Path, knowledge: Knowledge) -> None:  # type: ignore[no-untyped-def]
    cases = folder_of_cases(tmp_path, 48)
    train, test = cases[:32], cases[32:]
    found = diagnoses(baseline(train, tmp_path, knowledge), requests_for(test, tmp_path))
    assert found == [knowledge.label(one.gold) for one in test]
    assert set(found) == {knowledge.label(gold) for gold in GOLDS}


def test_a_baseline_without_training_cases_says_so(knowledge: Knowledge) -> None:
    with pytest.raises(ConfigInvalid, match="training cases"):
        majority([], knowledge)


def test_text_alone_knows_what_age_sex_and_site_tell(knowledge: Knowledge) -> None:
    def at(number: int) -> Case:
        foot = number % 2 == 0
        return case(number, "psoriasis" if foot else "melanoma", site="foot" if foot else "face", age=20.0 + number)

    train, test = [at(n) for n in range(40)], [at(n) for n in range(40, 46)]
    found = diagnoses(text_only(train, knowledge, test), [Request(one.id, "", "", "") for one in test])
    assert found == ["psoriasis", "melanoma"] * 3


def test_shown_no_picture_a_classifier_of_images_knows_the_frequencies_alone(
    tmp_path: Path, knowledge: Knowledge
) -> None:
    cases = [*folder_of_cases(tmp_path, 9), case(0, "psoriasis"), case(1, "psoriasis")]
    (found,) = diagnoses(logistic(cases, tmp_path, knowledge), [Request("c", "", "", "")])
    assert found == "psoriasis"


def test_texture_is_seen_where_colour_is_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    flat = np.full((64, 64, 3), 120, np.uint8)
    rough = np.where(rng.random((64, 64, 1)) < 0.5, 90, 150).astype(np.uint8).repeat(3, axis=2)
    for name, pixels in (("flat", flat), ("rough", rough)):
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    plain, grainy = rings(tmp_path / "flat.png"), rings(tmp_path / "rough.png")
    assert plain.shape == (120,)
    assert plain[0] == pytest.approx(grainy[0], abs=0.02)
    assert np.all(plain[18:30] == pytest.approx(0, abs=1e-6))
    assert np.all(grainy[18:30] > 0)


def test_the_penalty_is_chosen_over_whole_groups() -> None:
    # A patient's images are copies. With folds over images the weakest penalty, which learns patients by heart, wins.
    rng = np.random.default_rng(0)
    patients = rng.normal(size=(30, 40))
    golds = ["a" if row[0] + rng.normal() > 0 else "b" for row in patients]
    features, labels = np.repeat(patients, 4, axis=0), [gold for gold in golds for _ in range(4)]
    by_patient = fit(features, labels, [str(n // 4) for n in range(120)])
    by_image = fit(features, labels, [str(n) for n in range(120)])
    assert by_patient.strength < by_image.strength
    assert fit(features, ["a"] * 120, ["g"] * 120).beliefs(features[:1]) == [{"a": 1.0}]


@pytest.mark.parametrize(
    ("golds", "groups"), [("aabb", "wxyz"), ("aabb", "wwyy"), ("ab", "xy"), ("ab", "xx"), ("aab", "xyz")]
)
def test_a_few_training_cases_are_enough_for_a_fit(golds: str, groups: str) -> None:
    (found,) = fit(np.eye(len(golds)), list(golds), list(groups)).beliefs(np.ones((1, len(golds))))
    assert sum(found.values()) == pytest.approx(1)


@pytest.mark.parametrize("name", sorted(BASELINES))
def test_one_gold_is_enough_for_every_baseline(name: str, tmp_path: Path, knowledge: Knowledge) -> None:
    cases = [one for one in folder_of_cases(tmp_path) if one.gold == GOLDS[0]]
    assert len(diagnoses(BASELINES[name](cases, tmp_path, knowledge, cases), requests_for(cases, tmp_path))) == 3
