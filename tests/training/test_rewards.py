"""The reward callable adds nothing to the core, and image, completion and gold stay together in a real GRPO step."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from trl.trainer.grpo_trainer import GRPOTrainer

from kg_service.core.answer import Answer, render
from kg_service.core.concept import Condition
from kg_service.core.errors import ConfigInvalid, GoldUnresolved
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import PAPER, SAFE, score
from training import grpo
from training.data import Row, check_golds, to_dataset
from training.model import load
from training.rewards import Reward
from training.stage import grpo_arguments, lora_config

from .conftest import LORA, Make


@pytest.mark.parametrize("spec", [PAPER, SAFE], ids=lambda spec: spec.name)
def test_the_callable_returns_the_core_reward_to_the_last_bit(knowledge: Knowledge, spec):
    replies = [
        render(Answer("pigment network.", "melanoma", Condition.MALIGNANT)),
        render(Answer("scale.", "psoriasis", Condition.NON_NEOPLASTIC)),
        render(Answer("nothing.", "cannot be determined", Condition.BENIGN)),
        "<thinking>half",
        "",
    ]
    golds = ["superficial-spreading-melanoma", "psoriasis", "junctional-nevus", "psoriasis", "blue-nevus"]
    stated = ["malignant", "", "", "", "benign"]
    logged: dict[str, float] = {}
    completions = [[{"role": "assistant", "content": reply}] for reply in replies]
    found = Reward(knowledge, spec)(
        [""] * 5, completions, gold=golds, condition=stated, log_metric=logged.__setitem__, trainer_state=None
    )
    wanted = [
        score(reply, gold, knowledge, spec, condition=Condition(word) if word else None).total
        for reply, gold, word in zip(replies, golds, stated, strict=True)
    ]
    assert found == wanted
    assert None not in found
    assert logged["malformed"] == pytest.approx(2 / 5)
    assert logged["malformed/missing-tag"] == pytest.approx(2 / 5)


def test_a_row_whose_gold_cannot_earn_its_maximum_stops_training_and_is_named(knowledge: Knowledge):
    rows = [Row("?", gold="psoriasis", case_id="fine"), Row("?", gold="MM", case_id="two-meanings")]
    with pytest.raises(GoldUnresolved) as caught:
        check_golds(rows, knowledge, PAPER)
    assert len(caught.value.rows) == 1
    assert caught.value.rows[0].startswith("two-meanings:")


def test_a_group_of_mixed_condition_passes_the_self_test(knowledge: Knowledge):
    assert knowledge.condition("melanocytic-neoplasm") is None
    check_golds([Row("?", gold="melanocytic-neoplasm", case_id="coarse")], knowledge, PAPER)


@pytest.mark.parametrize("name", ["released-code", "generous"])
def test_a_reward_that_open_answers_cannot_have_is_refused(make: Make, tmp_path: Path, name):
    config = make.grpo(tmp_path).model_copy(update={"reward": grpo.GrpoConfig.model_fields["reward"].default})
    config = config.model_copy(update={"reward": config.reward.model_copy(update={"spec": name})})
    with pytest.raises(ConfigInvalid):
        grpo.spec_of(config)


class Witness(Reward):
    """The real callable, keeping what it was given."""

    def __call__(self, prompts, completions, **columns):
        self.seen = (completions, columns)
        return super().__call__(prompts, completions, **columns)


def test_image_completion_and_gold_stay_together_above_batch_size_one(
    make: Make, knowledge: Knowledge, base_run: Path, tmp_path: Path
):
    config = make.grpo(base_run / "checkpoint", lora=LORA, max_steps=1)
    model, processor = load(base_run / "checkpoint")
    witness = Witness(knowledge, PAPER)
    rows = grpo.rows(config, knowledge)
    trainer = GRPOTrainer(
        model=model,  # pyright: ignore[reportArgumentType]
        reward_funcs=witness,  # pyright: ignore[reportArgumentType]
        args=grpo_arguments(config, tmp_path),
        train_dataset=to_dataset(rows, completions=False),
        processing_class=processor,
        peft_config=lora_config(config.lora),  # pyright: ignore[reportArgumentType]
    )
    batches = []
    inner = trainer._generate_and_score_completions
    trainer._generate_and_score_completions = lambda inputs: batches.append(inner(inputs)) or batches[-1]
    trainer.train()
    completions, columns = witness.seen
    golds = {row.case_id: row.gold for row in rows}
    assert [golds[case] for case in columns["case_id"]] == columns["gold"]
    assert columns["case_id"] == [case for case in columns["case_id"][::4] for _ in range(4)]  # 2 prompts x 4
    assert len(set(columns["case_id"])) == 2
    [batch] = batches
    texts = processor.batch_decode(batch["completion_ids"], skip_special_tokens=True)
    assert texts == [completion[0]["content"] for completion in completions]
    files = {row.case_id: row.image for row in rows}
    per_image = batch["pixel_values"].shape[0] // len(texts)
    for place, case in enumerate(columns["case_id"]):
        own = processor.image_processor([_open(files[case])], return_tensors="pt")["pixel_values"]
        assert torch.equal(batch["pixel_values"][place * per_image : (place + 1) * per_image], own)


def _open(path: str):
    from PIL import Image

    return Image.open(path).convert("RGB")
