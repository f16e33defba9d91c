"""Cases asked as multiple choice: every row its own question, whose options reach prompt, reward and self-test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kg_service.core.answer import Answer, instruction, render
from kg_service.core.concept import Condition
from kg_service.core.errors import ConfigInvalid, GoldUnresolved, OptionsInvalid, RecordInvalid
from kg_service.core.reward import PAPER, RELEASED_CODE, SAFE, maximum, score
from training import grpo, sft
from training.choices import ask, check_replies
from training.data import Row, check_golds, read_cases, spread, to_dataset
from training.rewards import Reward
from training.settings import Data, GrpoConfig, Questions, SftConfig

from ..mini import mini, reply

GOLDS = ("superficial-spreading-melanoma", "nodular-melanoma", "junctional-nevus", "basal-cell-carcinoma", "psoriasis",
         "seborrheic-keratosis")  # fmt: skip
ROWS = [Row("q", gold=gold, case_id=f"case-{place}") for place, gold in enumerate(GOLDS)]


@pytest.mark.parametrize("rule", ["random", "path", "sibling", "ddx"])
def test_the_prompt_lists_the_options_and_the_gold_is_one_of_them(rule):
    for row in ask(ROWS, mini(), Questions(ask=rule), seed=0):
        assert row.prompt == instruction(row.options)
        assert row.options[row.via.index("gold")] == mini().label(row.gold)
        assert row.path == mini().lineage(row.gold)


def test_every_repetition_of_a_case_gets_a_question_of_its_own():
    rows = spread(ROWS, Data(copies=8), seed=1)
    found = ask(rows, mini(), Questions(ask="path"), seed=0)
    assert len({row.options for row in found if row.case_id == "case-0"}) > 4
    # and it is this row's question wherever the row stands: a resumed or resorted run asks the same
    again = ask(rows[::-1], mini(), Questions(ask="path"), seed=0)
    assert again[::-1] == found
    assert ask(rows, mini(), Questions(ask="path"), seed=1) != found


def test_a_share_of_the_rows_can_stay_open():
    rows = spread(ROWS, Data(copies=50), seed=1)
    found = ask(rows, mini(), Questions(ask="random", open_share=0.25), seed=0)
    asked_open = [row for row in found if not row.options]
    assert all(row.prompt == instruction() and not row.via and not row.path for row in asked_open)
    assert 0.15 < len(asked_open) / len(rows) < 0.35


def test_cases_for_which_no_question_can_be_made_are_all_named_before_training():
    # two diseases are not enough for four options
    with pytest.raises(OptionsInvalid, match="2 cases") as caught:
        ask(ROWS[:2], mini(), Questions(ask="random"), seed=0)
    assert "case-0" in str(caught.value)
    assert "case-1" in str(caught.value)


@pytest.mark.parametrize("spec", [PAPER, SAFE, RELEASED_CODE], ids=lambda spec: spec.name)
def test_the_options_of_each_row_reach_the_reward_through_the_dataset(spec):
    rows = ask(ROWS, mini(), Questions(ask="path", open_share=0.0), seed=3)
    columns = to_dataset(rows, completions=False)[:]
    said = [render(Answer("a", "ABCD"[row.via.index("gold")], mini().condition(row.gold) or Condition.BENIGN))
            for row in rows]  # fmt: skip
    found = Reward(mini(), spec)(
        columns["prompt"],
        [[{"role": "assistant", "content": text}] for text in said],
        **{name: columns[name] for name in columns if name != "prompt"},
    )
    assert found == [maximum(row.gold, mini(), spec) for row in rows]


def test_a_group_of_the_own_path_earns_its_rank_under_the_published_codes_reward():
    [row] = [row for seed in range(30) for row in ask(ROWS, mini(), Questions(ask="path"), seed)
             if row.case_id == "case-0" and row.via.count("path") == 2 and "melanoma" in row.options][:1]  # fmt: skip
    columns = to_dataset([row], completions=False)[:]
    text = reply("melanoma")
    [total] = Reward(mini(), RELEASED_CODE)(
        [None], [[{"role": "assistant", "content": text}]], gold=[row.gold], condition=[""],
        options=columns["options"], path=columns["path"],
    )  # fmt: skip
    rank = row.path.index("melanoma") + 1
    assert total == 1.0 + 0.75 * rank / len(row.path) + 0.25
    assert total == score(text, row.gold, mini(), RELEASED_CODE, options=row.options).total


def test_the_self_test_answers_each_question_and_not_just_each_gold():
    [row] = ask(ROWS, mini(), Questions(ask="random"), seed=0)[:1]
    check_golds([row], mini(), PAPER)
    # an option that names the gold by another name: its label is then no option, and rank counts options
    swapped = tuple("SSM" if via == "gold" else label for label, via in zip(row.options, row.via, strict=True))
    with pytest.raises(GoldUnresolved, match="case-0"):
        check_golds([replace(row, options=swapped)], mini(), RELEASED_CODE)


def test_a_trajectory_that_does_not_choose_the_option_of_its_gold_is_refused_as_an_answer():
    rows = [replace(row, completion=reply(mini().label(row.gold))) for row in ROWS]
    asked = ask(rows, mini(), Questions(ask="ddx"), seed=0)
    check_replies(asked, mini())
    asked[1] = replace(asked[1], completion=reply("melanoma"))
    with pytest.raises(RecordInvalid, match=r"case-1 \(melanoma\)"):
        check_replies(asked, mini())


def grpo_config(workshop, **tables) -> GrpoConfig:
    given = {"knowledge": {"path": str(workshop.snapshot)}, "data": {"cases": str(workshop.cases), "split": "rl"},
             "model": {"path": "anything"}, "train": {"use_cpu": True, "bf16": False}}  # fmt: skip
    return GrpoConfig.model_validate({**given, **tables})


def test_sft_and_grpo_ask_alike_and_sft_keeps_the_trajectorys_reply(workshop, release):
    questions = {"ask": "path"}
    config = SftConfig.model_validate(
        {
            "knowledge": {"path": str(workshop.snapshot)},
            "data": {"cases": str(workshop.cases), "trajectories": str(workshop.trajectories), "split": "sft"},
            "model": {"path": "anything"},
            "questions": questions,
        }
    )
    plain = {row.case_id: row for row in sft.rows(config.model_copy(update={"questions": Questions()}), release)}
    learned = sft.rows(config, release)
    assert len(learned) == len(plain)
    for row in learned:
        assert row.prompt == instruction(row.options) != plain[row.case_id].prompt
        assert row.completion == plain[row.case_id].completion
    asked = grpo.rows(grpo_config(workshop, questions=questions), release)
    assert all(row.prompt == instruction(row.options) for row in asked)


def test_the_published_codes_reward_can_be_trained_on_multiple_choice_alone(workshop, release):
    reward = {"spec": "released-code"}
    rows = grpo.rows(grpo_config(workshop, reward=reward, questions={"ask": "path"}), release)
    assert all(len(row.options) == 4 for row in rows)
    for questions in ({}, {"ask": "path", "open_share": 0.1}):
        with pytest.raises(ConfigInvalid, match="multiple choice"):
            grpo.spec_of(grpo_config(workshop, reward=reward, questions=questions))


def test_the_published_checkpoint_is_asked_and_rewarded_in_its_own_tags(workshop, release):
    config = grpo_config(workshop, questions={"ask": "path", "dialect": "released"})
    rows = grpo.rows(config, release)
    assert all("<final diagnosis>" in row.prompt and "\nB: " in row.prompt for row in rows)


def test_another_grounding_weight_is_another_reward_with_its_own_name_and_digest(workshop):
    plain = grpo.spec_of(grpo_config(workshop, reward={"spec": "safe"}))
    heavier = grpo.spec_of(grpo_config(workshop, reward={"spec": "safe", "grounding": 0.5}))
    assert plain is SAFE
    assert (heavier.grounding, heavier.name) == (0.5, "safe+grounding-0.5")
    assert heavier.digest != plain.digest


def test_questions_are_made_of_golds_that_name_a_concept_and_every_other_row_is_told(workshop, release, tmp_path: Path):
    lines = workshop.cases.read_text().replace('"gold":"blue-nevus"', '"gold":"bluish-nevus"').splitlines()
    (tmp_path / "images").symlink_to(workshop.cases.parent / "images")
    (tmp_path / "cases.jsonl").write_text("\n".join(lines) + "\n")
    data = {"cases": str(tmp_path / "cases.jsonl"), "split": "rl"}
    broken = [case.id for case in read_cases(Data(cases=data["cases"], split="rl")) if case.gold == "bluish-nevus"]
    assert len(broken) > 1
    with pytest.raises(GoldUnresolved) as caught:
        grpo.rows(grpo_config(workshop, data=data, questions={"ask": "ddx"}), release)
    assert all(name in str(caught.value) for name in broken)
