"""A curriculum covers the run: shallow golds first, or golds lifted phase by phase."""

from __future__ import annotations

import pytest

from kg_service.core.concept import Condition
from kg_service.core.errors import ConfigInvalid
from kg_service.core.reward import PAPER, SAFE
from training import curriculum, grpo
from training.curriculum import lift, phases, prompts_of
from training.data import Row, check_golds
from training.settings import Curriculum, GrpoConfig
from training.stage import grpo_arguments

from ..mini import mini

GOLDS = ("superficial-spreading-melanoma", "junctional-nevus", "basal-cell-carcinoma", "psoriasis", "neoplasm")
ROWS = [Row("q", gold=gold, case_id=f"case-{place}") for place, gold in enumerate(GOLDS)]


def level(row: Row) -> int:
    return mini().level(row.gold)


def config(**tables) -> GrpoConfig:
    train = {"use_cpu": True, "bf16": False, "per_device_train_batch_size": 8, "num_generations": 4, "max_steps": 6}
    given = {"knowledge": {"path": "snapshot.json"}, "model": {"path": "anything"}}
    return GrpoConfig.model_validate({**given, **tables, "train": {**train, **tables.get("train", {})}})


def test_without_a_curriculum_the_rows_stay_as_they_are():
    assert phases(ROWS, mini(), Curriculum(), 100, seed=0) == [ROWS]


def test_shallow_first_sorts_the_whole_run_and_repeats_each_case_as_often_as_it_fits():
    [found] = phases(ROWS, mini(), Curriculum(order="shallow-first"), 23, seed=0)
    assert len(found) == 23
    assert [level(row) for row in found] == sorted(level(row) for row in found)
    counts = {row.case_id: sum(other.case_id == row.case_id for other in found) for row in ROWS}
    assert set(counts.values()) <= {4, 5}
    assert len({(row.case_id, row.turn) for row in found}) == 23  # so each repetition gets its own question


def test_each_phase_is_as_long_as_the_others_and_lifts_golds_to_its_level():
    found = phases(ROWS, mini(), Curriculum(levels=(1, 2, 0)), 60, seed=0)
    assert [len(phase) for phase in found] == [20, 20, 20]
    assert {level(row) for row in found[0]} == {1}
    assert max(level(row) for row in found[1]) == 2
    assert {row.gold for row in found[2]} == set(GOLDS)
    assert phases(ROWS, mini(), Curriculum(levels=(1, 2, 0)), 60, seed=0) == found


def test_a_lifted_gold_is_an_ancestor_on_its_lineage_and_a_shallow_one_stays():
    lifted = lift(ROWS[0], 3, mini())
    assert lifted.gold == "melanoma"
    assert lift(ROWS[3], 3, mini()) == ROWS[3]
    assert lift(ROWS[0], 0, mini()) == ROWS[0]


def test_a_lesion_is_as_malignant_under_the_name_of_its_group():
    mixed = lift(ROWS[0], 2, mini())
    assert mixed.gold == "melanocytic-neoplasm"
    assert mini().condition(mixed.gold) is None
    assert mixed.condition == Condition.MALIGNANT.value  # else "benign" would cost nothing while the gold is lifted
    own = lift(Row("q", gold="superficial-spreading-melanoma", condition="malignant"), 3, mini())
    assert own.condition == ""  # melanoma has one of its own
    stated = lift(Row("q", gold="junctional-nevus", condition="malignant"), 3, mini())
    assert stated.gold == "melanocytic-nevus"
    assert stated.condition == ""  # the group's own condition holds, and the two could not both be right


@pytest.mark.parametrize("levels", [(1,), (2,), (3,)])
def test_every_lifted_row_can_earn_its_maximum(levels):
    for phase in phases(ROWS, mini(), Curriculum(levels=levels), 40, seed=0):
        check_golds(phase, mini(), SAFE)


def test_lifting_under_a_reward_that_punishes_the_deeper_answer_is_refused():
    table = config(curriculum={"levels": [2, 0]})
    args = grpo_arguments(table, grpo.Path())
    with pytest.raises(ConfigInvalid, match="credits descendants"):
        curriculum.check(table.curriculum, PAPER, args)
    curriculum.check(table.curriculum, SAFE, args)
    curriculum.check(Curriculum(levels=(0,), order="shallow-first"), PAPER, args)


def test_a_curriculum_without_the_length_of_the_run_is_refused():
    table = config(curriculum={"order": "shallow-first"}, train={"max_steps": -1})
    with pytest.raises(ConfigInvalid, match="max_steps"):
        curriculum.check(table.curriculum, PAPER, grpo_arguments(table, grpo.Path()))


@pytest.mark.parametrize(
    ("train", "prompts"),
    [
        ({}, 12),  # 6 steps of 8 completions, 4 a prompt
        ({"gradient_accumulation_steps": 4}, 48),
        ({"gradient_accumulation_steps": 4, "steps_per_generation": 8}, 48),  # half as many batches, twice as large
        ({"num_iterations": 2}, 6),  # every batch is learned from twice
    ],
)
def test_a_curriculum_holds_just_the_prompts_that_the_run_draws(train, prompts):
    assert prompts_of(grpo_arguments(config(train=train), grpo.Path())) == prompts


def test_the_trainer_keeps_the_order_of_a_curriculum_and_shuffles_otherwise():
    assert grpo_arguments(config(), grpo.Path()).shuffle_dataset
    assert not grpo_arguments(config(curriculum={"levels": [0]}), grpo.Path()).shuffle_dataset
    with pytest.raises(ConfigInvalid, match="shuffle_dataset"):
        grpo_arguments(config(curriculum={"levels": [0]}, train={"shuffle_dataset": True}), grpo.Path())


def test_rows_of_a_run_come_phase_by_phase_each_with_questions_of_its_own_golds(workshop, release):
    table = config(
        knowledge={"path": str(workshop.snapshot)},
        data={"cases": str(workshop.cases), "split": "rl"},
        reward={"spec": "safe"},
        curriculum={"levels": [3, 0]},
        questions={"ask": "random"},
        train={"max_steps": 30},
    )
    found = grpo.rows(table, release)
    assert len(found) == 60
    first, last = found[:30], found[30:]
    assert max(release.level(row.gold) for row in first) == 3
    assert max(release.level(row.gold) for row in last) > 3
    for row in first:  # a deeper option would give the lifted gold away
        named = [release.gold(label) for label in row.options]
        assert max(release.level(concept) for concept in named) <= 3
