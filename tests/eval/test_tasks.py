"""Questions: exactly one option is right, the same seed asks the same, and each picture is the one it is said to be."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from PIL import Image
from pydantic import ValidationError

from eval.prediction import Look, Request, Task
from eval.tasks import Question, requests
from eval.tasks.looks import derangement
from kg_service.core.answer import ABSTAIN, instruction
from kg_service.core.case import Case
from kg_service.core.choice import Rule
from kg_service.core.concept import Condition
from kg_service.core.errors import ConfigInvalid, OptionsInvalid
from kg_service.core.knowledge import Knowledge

from .rows import requests_for

GOLDS = (
    "superficial-spreading-melanoma", "junctional-nevus", "psoriasis", "basal-cell-carcinoma", "seborrheic-keratosis",
    "nodular-melanoma",
)  # fmt: skip
SSM = GOLDS[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cases")
    (folder / "images").mkdir()
    for number in range(24):
        image = Image.new("RGB", (8, 6), (10 * number, 0, 0))
        image.putpixel((0, 0), (255, 255, 255))
        image.save(folder / "images" / f"{number}.png")
    return folder


CASES = [
    Case(f"c{number:02}", "drawn", f"images/{number}.png", "", GOLDS[number % len(GOLDS)], "test", "CC0-1.0")
    for number in range(24)
]


def ask(folder: Path, knowledge: Knowledge, seed: int = 0, cases: list[Case] = CASES, **more: object) -> list[Request]:
    question = Question.model_validate(more)
    return requests(cases, knowledge, [question], folder, looks=folder / "looks", seed=seed)


def concepts(request: Request, knowledge: Knowledge) -> list[str]:
    return [knowledge.gold(option) for option in request.options or () if option != ABSTAIN]


def test_the_question_nobody_configured_is_the_open_diagnosis(folder: Path, knowledge: Knowledge) -> None:
    assert ask(folder, knowledge) == requests_for(CASES, folder)


@pytest.mark.parametrize("task", list(Task))
@pytest.mark.parametrize("look", [Look.REAL, Look.SHUFFLED])
def test_one_seed_asks_the_same_and_another_does_not(
    folder: Path, knowledge: Knowledge, task: Task, look: Look
) -> None:
    first = ask(folder, knowledge, task=task, look=look)
    assert first == ask(folder, knowledge, task=task, look=look)
    fixed = look is Look.REAL and task in (Task.DIAGNOSIS, Task.CONDITION)
    assert (first == ask(folder, knowledge, seed=1, task=task, look=look)) is fixed


@pytest.mark.parametrize("task", [Task.CHOICE, Task.LEVELS, Task.PAIR])
@pytest.mark.parametrize("rule", [Rule.RANDOM, Rule.SIBLING, Rule.DDX])
def test_no_question_offers_a_concept_beside_its_ancestor_and_one_option_is_right(
    folder: Path, knowledge: Knowledge, task: Task, rule: Rule
) -> None:
    found = ask(folder, knowledge, task=task, rule=rule)
    assert found
    golds = {case.id: case.gold for case in CASES}
    for request in found:
        offered = concepts(request, knowledge)
        assert not any(knowledge.same_line(a, b) for a in offered for b in offered if a != b)
        assert [one for one in offered if knowledge.same_line(one, golds[request.case_id])] == [request.about["right"]]
        assert request.prompt == instruction(request.options)


def test_the_right_option_stands_in_every_place(folder: Path, knowledge: Knowledge) -> None:
    found = ask(folder, knowledge, task=Task.CHOICE)
    assert len({concepts(one, knowledge).index(one.about["right"]) for one in found}) == 4


def test_levels_ask_down_the_lineage_among_concepts_of_one_level(folder: Path, knowledge: Knowledge) -> None:
    found = [one for one in ask(folder, knowledge, task=Task.LEVELS) if one.case_id == "c00"]
    assert [one.about["level"] for one in found] == ["2", "3", "4"]
    assert [one.about["right"] for one in found] == ["melanocytic-neoplasm", "melanoma", SSM]
    for one in found:
        assert {str(knowledge.level(concept)) for concept in concepts(one, knowledge)} == {one.about["level"]}
    # The second parent of melanoma is of level 2 and right as well, so it is never offered as a wrong one.
    assert "malignant-neoplasm" not in concepts(found[0], knowledge)


def test_a_pair_is_asked_in_both_orders_and_groups_hold_an_image_of_each(folder: Path, knowledge: Knowledge) -> None:
    found = ask(folder, knowledge, task=Task.PAIR, rule=Rule.DDX)
    golds = {case.id: case.gold for case in CASES}
    per_case: dict[tuple[str, str], list[Request]] = defaultdict(list)
    groups: dict[str, list[Request]] = defaultdict(list)
    for one in found:
        per_case[one.case_id, one.about["pair"]].append(one)
        if "group" in one.about:
            groups[one.about["group"]].append(one)
    for two in per_case.values():
        assert [one.about["order"] for one in two] == ["gold-first", "gold-last"]
        assert two[0].options == (two[1].options or ())[::-1]
    assert groups
    for four in groups.values():
        assert len(four) == 4
        assert {golds[one.case_id] for one in four} == set(four[0].about["pair"].split("--"))
        assert len({one.case_id for one in four}) == 2
    melanomas = [one for one in found if golds[one.case_id] == SSM]
    assert {one.about["against"] for one in melanomas} >= {"junctional-nevus"}
    assert {one.about["strength"] for one in melanomas} >= {"strong"}


def test_none_of_the_above_takes_the_right_option_away_from_the_choice_it_is_set_beside(
    folder: Path, knowledge: Knowledge
) -> None:
    without = ask(folder, knowledge, task=Task.NONE_OF_THE_ABOVE, rule=Rule.DDX)
    control = ask(folder, knowledge, task=Task.CHOICE, rule=Rule.DDX, abstain=True)
    for one, other in zip(without, control, strict=True):
        options, beside = one.options or (), other.options or ()
        assert (options[-1], beside[-1]) == (ABSTAIN, ABSTAIN)
        right = knowledge.label(other.about["right"])
        assert right not in options
        assert options == tuple(label for label in beside if label != right)


def test_condition_is_asked_where_it_is_known(folder: Path, knowledge: Knowledge) -> None:
    mixed = Case("m", "drawn", "images/0.png", "", "neoplasm", "test", "CC0-1.0")
    stated = Case("s", "drawn", "images/1.png", "", "neoplasm", "test", "CC0-1.0", condition=Condition.BENIGN)
    found = ask(folder, knowledge, cases=[mixed, stated, CASES[0]], task=Task.CONDITION)
    assert [one.case_id for one in found] == ["s", "c00"]
    assert all(word in found[0].prompt for word in Condition)


def test_blank_is_the_mean_colour_at_the_same_size(folder: Path, knowledge: Knowledge) -> None:
    found = ask(folder, knowledge, look=Look.BLANK)[1]
    with Image.open(found.image) as blank, Image.open(folder / "images" / "1.png") as real:
        assert blank.size == real.size
        assert blank.getcolors() == [(48, (round((47 * 10 + 255) / 48), 5, 5))]
    assert found.image_digest == hashlib.sha256(Path(found.image).read_bytes()).hexdigest()


def test_no_picture_has_no_path(folder: Path, knowledge: Knowledge) -> None:
    assert {(one.image, one.image_digest) for one in ask(folder, knowledge, look=Look.NONE)} == {("", "")}


def test_shuffled_is_never_the_own_picture_and_never_one_of_the_same_gold_where_that_can_be(
    folder: Path, knowledge: Knowledge
) -> None:
    golds = {case.id: case.gold for case in CASES}
    found = ask(folder, knowledge, look=Look.SHUFFLED)
    assert all(golds[one.about["shown"]] != golds[one.case_id] for one in found)
    assert max(Counter(one.about["shown"] for one in found).values()) == 1
    mostly = {f"{number}": "a" if number < 8 else "b" for number in range(10)}
    assert all(case != shown for case, shown in derangement(mostly, 0).items())
    with pytest.raises(ConfigInvalid):
        derangement({"one": "a"}, 0)


def test_a_partner_is_of_a_differential_and_who_has_none_is_not_asked(folder: Path, knowledge: Knowledge) -> None:
    golds = {case.id: case.gold for case in CASES}
    found = ask(folder, knowledge, look=Look.PARTNER)
    for one in found:
        assert golds[one.about["shown"]] in knowledge.ddx.distractors(golds[one.case_id])[1]
    assert {golds[one.case_id] for one in found} >= {SSM, "junctional-nevus", "seborrheic-keratosis"}
    assert "basal-cell-carcinoma" not in {golds[one.case_id] for one in found}


def test_a_limit_is_a_part_of_the_whole_and_changes_no_question(folder: Path, knowledge: Knowledge) -> None:
    whole = ask(folder, knowledge, task=Task.CHOICE)
    part = ask(folder, knowledge, task=Task.CHOICE, limit=5)
    assert len(part) == 5
    assert all(one in whole for one in part)


def test_questions_that_cannot_be_asked_are_refused(folder: Path, knowledge: Knowledge) -> None:
    for wrong in (
        {"task": "pair", "rule": "path"}, {"task": "none-of-the-above", "rule": "path"},
        {"task": "condition", "wording": "compare"}, {"task": "levels", "abstain": True},
    ):  # fmt: skip
        with pytest.raises(ValidationError):
            Question.model_validate(wrong)
    with pytest.raises(OptionsInvalid):
        ask(folder, knowledge, task=Task.CHOICE, count=20)
    twice = [Question(task=Task.CHOICE), Question(task=Task.CHOICE)]
    with pytest.raises(ConfigInvalid, match="ask the same"):
        requests(CASES, knowledge, twice, folder, looks=folder)


def test_comparing_is_another_wording_of_the_same_question(folder: Path, knowledge: Knowledge) -> None:
    direct, compare = (ask(folder, knowledge, task=Task.PAIR, wording=word) for word in ("diagnose", "compare"))
    assert [one.options for one in direct] == [one.options for one in compare]
    assert all(one.prompt != other.prompt for one, other in zip(direct, compare, strict=True))
    assert all(other.about["wording"] == "compare" for other in compare)


def test_the_released_dialect_asks_in_its_own_words(folder: Path, knowledge: Knowledge) -> None:
    question = Question(task=Task.CHOICE, rule=Rule.PATH)
    found = requests(CASES, knowledge, [question], folder, looks=folder, dialect="released")
    assert all(one.prompt == instruction(one.options, dialect="released") for one in found)
    assert {one.dialect for one in found} == {"released"}


def test_a_foreign_checkpoint_is_asked_in_the_words_it_was_trained_on(folder: Path, knowledge: Knowledge) -> None:
    (one,) = requests(
        CASES, knowledge, [Question(task=Task.CHOICE, count=2, limit=1)], folder, looks=folder, dialect="released",
        template="What is it? {options}\nSay why.\n",
    )  # fmt: skip
    first, second = one.options or ()
    assert one.prompt == f"What is it? A: {first} B: {second}\nSay why."
    with pytest.raises(OptionsInvalid, match="options"):
        requests(CASES, knowledge, [Question(task=Task.CHOICE)], folder, looks=folder, template="What is it?")
