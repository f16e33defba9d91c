"""The one reward callable, the rows it is given, and what an adapter reaches."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from PIL import Image

from kg_service.core.answer import Answer, render
from kg_service.core.concept import Condition
from kg_service.core.errors import GoldUnresolved
from kg_service.core.reward import PAPER, SAFE, score
from training.data import Row, check_golds, spread
from training.model import load, load_processor
from training.rewards import Reward
from training.settings import Data, Lora
from training.stage import lora_config

from ..mini import mini, reply


def test_the_callable_returns_the_cores_totals_and_logs_its_terms():
    golds = ["melanoma", "psoriasis", "blue-nevus"]
    replies = [reply("melanoma"), "no tags at all", reply("nevus", "benign")]
    metrics: dict[str, float] = {}
    found = Reward(mini(), SAFE)(
        prompts=[None] * 3,
        completions=[[{"role": "assistant", "content": text}] for text in replies],
        gold=golds,
        condition=["", "", ""],
        log_metric=metrics.__setitem__,
    )
    rows = [score(text, gold, mini(), SAFE) for text, gold in zip(replies, golds, strict=True)]
    assert found == [row.total for row in rows]
    assert None not in found
    assert metrics["malformed"] == pytest.approx(1 / 3)
    assert metrics["malformed/missing-tag"] == pytest.approx(1 / 3)
    assert metrics["reward/format"] == pytest.approx(sum(row.format for row in rows) / 3)


def logged(replies: list[str], golds: list[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    Reward(mini(), SAFE)(
        [None] * len(replies), [[{"role": "assistant", "content": text}] for text in replies],
        gold=golds, condition=[""] * len(replies), log_metric=found.__setitem__,
    )  # fmt: skip
    return found


def test_what_the_watch_reads_is_logged_by_every_call():
    replies = [
        reply("superficial spreading melanoma", rationale="irregular border"),  # exact, level 4
        reply("neoplasm", rationale="one two three four"),  # above the gold, level 1
        reply("psoriasis", "non-neoplastic", "scale"),  # another branch, level 2
        reply("cannot be determined", rationale="blurred"),
        reply("a disease nobody knows", rationale="nothing"),
        "no tags at all",
    ]
    found = logged(replies, ["superficial-spreading-melanoma"] * 6)
    assert found["resolved"] == pytest.approx(3 / 5)
    assert found["abstained"] == pytest.approx(1 / 6)
    assert found["exact"] == pytest.approx(1 / 6)
    assert found["on_path"] == pytest.approx(2 / 6)
    assert found["level"] == pytest.approx((4 + 1 + 2) / 3)
    assert [found[f"level/{depth}"] for depth in range(1, 5)] == pytest.approx([1 / 6, 1 / 6, 0, 1 / 6])
    assert found["rationale_words"] == pytest.approx((2 + 4 + 1 + 1 + 1) / 5)
    assert found["malformed"] == found["malformed/missing-tag"] == pytest.approx(1 / 6)
    # a share that is 0 is logged as such, or its mean over steps would leave out the steps without any
    assert found["malformed/wrong-order"] == 0.0


def test_means_over_what_no_reply_has_are_left_out_and_not_zero():
    found = logged(["no tags"], ["melanoma"])
    assert not {"level", "resolved", "rationale_words"} & found.keys()
    assert found["on_path"] == 0.0


def test_the_reward_counts_its_own_seconds_and_calls():
    ticks = iter([0.0, 2.0, 10.0, 13.0])
    reward = Reward(mini(), SAFE, clock=lambda: next(ticks))
    for _ in range(2):
        reward([None], [[{"role": "assistant", "content": "x"}]], gold=["melanoma"], condition=[""])
    assert (reward.seconds, reward.calls) == (5.0, 2)


def test_an_error_of_the_reward_stops_training_and_is_never_a_number():
    with pytest.raises(GoldUnresolved):
        logged([reply("melanoma")], ["nobody"])
    with pytest.raises(ValueError, match="incurable"):
        Reward(mini(), SAFE)(
            [None], [[{"role": "assistant", "content": "x"}]], gold=["melanoma"], condition=["incurable"]
        )


def test_a_condition_the_case_states_is_what_the_reward_uses():
    text = render(Answer("a", "neoplasm", Condition.BENIGN))
    completions = [[{"role": "assistant", "content": text}]] * 2
    found = Reward(mini(), PAPER)([None] * 2, completions, gold=["neoplasm"] * 2, condition=["benign", ""])
    assert found == [2.0, 1.75]


def test_the_gold_self_test_names_every_row_that_cannot_earn_its_maximum():
    rows = [Row("q", gold=gold, case_id=f"row-{n}") for n, gold in enumerate(["melanoma", "MM", "nobody"])]
    with pytest.raises(GoldUnresolved, match="row-1") as caught:
        check_golds(rows, mini(), PAPER)
    assert "row-2" in str(caught.value)
    assert "row-0" not in str(caught.value)
    check_golds(rows[:1], mini(), PAPER)


def test_balanced_rows_show_every_gold_equally_often_and_each_time_differently():
    rows = [Row("q", gold="a", case_id=f"a{n}") for n in range(5)] + [Row("q", gold="b", case_id="b0")]
    found = spread(rows, Data(balance=True, augment=True, copies=2), seed=1)
    assert sum(row.gold == "a" for row in found) == sum(row.gold == "b" for row in found) == 10
    assert len({row.view for row in found}) == len(found)
    assert found == spread(rows, Data(balance=True, augment=True, copies=2), seed=1)
    assert found != spread(rows, Data(balance=True, augment=True, copies=2), seed=2)


def test_lora_reaches_exactly_the_layers_that_are_named(base):
    model, _ = load(base / "checkpoint")
    linear = [name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)]

    def hit(targets: str) -> list[str]:
        pattern = lora_config(Lora(targets=targets)).target_modules
        return [name for name in linear if re.fullmatch(str(pattern), name)]

    language = [name for name in linear if ".language_model." in name]
    merger = ["model.visual.merger.mlp.0", "model.visual.merger.mlp.2"]
    assert len(language) == 7 * model.config.text_config.num_hidden_layers
    assert set(merger) < set(linear)
    assert sorted(hit("language")) == sorted(language)
    assert sorted(hit("language+merger")) == sorted([*language, *merger])


def test_a_saved_checkpoint_loads_by_the_auto_classes_and_sees_images_alike(base):
    model, processor = load(base / "checkpoint")
    again = load_processor(base / "checkpoint")
    image = Image.new("RGB", (56, 56), (200, 120, 90))
    one, two = (
        p(text=["<|vision_start|><|image_pad|><|vision_end|>x"], images=[[image]], return_tensors="pt")
        for p in (processor, again)
    )
    assert torch.equal(one["pixel_values"], two["pixel_values"])
    assert torch.equal(one["input_ids"], two["input_ids"])
    assert type(model).__name__ == "Qwen2_5_VLForConditionalGeneration"


def test_the_papers_configurations_carry_its_numbers():
    from kg_service.job import load_config
    from training.settings import GrpoConfig, SftConfig

    folder = Path(__file__).resolve().parents[2] / "training" / "configs" / "paper"
    sft, grpo = load_config(SftConfig, folder / "sft.toml"), load_config(GrpoConfig, folder / "grpo.toml")
    assert sft.lora is not None
    assert (sft.lora.r, sft.lora.alpha, sft.lora.dropout, sft.lora.targets) == (64, 32, 0.1, "language+merger")
    assert (sft.train["learning_rate"], sft.train["num_train_epochs"]) == (3e-5, 4)
    assert grpo.lora is None
    assert grpo.model.adapter
    assert (grpo.train["learning_rate"], grpo.train["num_generations"], grpo.train["beta"]) == (1e-5, 4, 0.04)
    assert (grpo.train["max_steps"], grpo.train["temperature"]) == (1500, 1.0)
