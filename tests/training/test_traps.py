"""Options that TRL takes without a word, or refuses only after the model is loaded, stop before that, with a reason."""

from __future__ import annotations

from importlib import util
from pathlib import Path

import pytest

from kg_service.core.errors import ConfigInvalid
from training import traps
from training.settings import GrpoConfig, SftConfig
from training.stage import grpo_arguments, sft_arguments


def grpo(train: dict, **tables) -> GrpoConfig:
    given = {"knowledge": {"path": "snapshot.json"}, "model": {"path": "anything"}, **tables}
    return GrpoConfig.model_validate({**given, "train": {"bf16": False, "use_cpu": True, **train}})


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ({"use_vllm": True}, "colocate"),
        ({"use_vllm": True, "vllm_mode": "colocate"}, "server"),
        ({"use_transformers_continuous_batching": True}, "images"),
        ({"sync_ref_model": True, "beta": 0.04}, "sync_ref_model"),
        ({"loss_type": "dapoo"}, "none of grpo"),
        ({"scale_rewards": "std"}, "none of group"),
    ],
)
def test_grpo_options_that_do_not_go_together_are_refused(train, message):
    args = grpo_arguments(grpo(train), Path())
    with pytest.raises(ConfigInvalid, match=message):
        traps.refuse_grpo(args, adapted=True)


def test_fewer_rows_than_one_generation_takes_are_refused_for_trl_would_end_without_a_step():
    args = grpo_arguments(grpo({"per_device_train_batch_size": 8, "num_generations": 4}), Path())
    traps.refuse_few(args, 2)
    with pytest.raises(ConfigInvalid, match="2 different rows"):
        traps.refuse_few(args, 1)


def test_their_neighbours_pass():
    traps.refuse_grpo(grpo_arguments(grpo({"use_vllm": True, "vllm_mode": "server"}), Path()), adapted=True)
    traps.refuse_grpo(grpo_arguments(grpo({"sync_ref_model": True, "beta": 0.04}), Path()), adapted=False)


@pytest.mark.parametrize("option", ["packing", "padding_free"])
def test_rows_with_images_are_not_packed(option):
    config = SftConfig.model_validate(
        {"knowledge": {"path": "k"}, "model": {"path": "m"}, "train": {"bf16": False, "use_cpu": True, option: True}}
    )
    with pytest.raises(ConfigInvalid, match=option):
        traps.refuse_sft(sft_arguments(config, Path()))


def test_half_precision_without_a_gpu_is_refused_when_training_starts_and_not_when_it_is_planned():
    args = grpo_arguments(grpo({"bf16": True}), Path())
    with pytest.raises(ConfigInvalid, match="GPU"):
        traps.refuse_machine(args)


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ({"per_device_train_batch_size": 6, "num_generations": 4}, "num_generations"),
        ({"reward_weights": [1.0, 1.0]}, "reward_weights"),
        ({"multi_objective_aggregation": "normalize_then_sum"}, "multi_objective_aggregation"),
        ({"loss_type": "grpo", "report_to": "wandb"}, "report_to"),
        ({"eval_strategy": "steps"}, "eval_strategy"),
        ({"max_steps": "many"}, "number"),
        ({"per_device_train_batch_size": 0}, "1 or more"),
    ],
)
def test_what_the_stage_or_trl_refuses_is_a_wrong_configuration(train, message):
    with pytest.raises(ConfigInvalid, match=message):
        grpo_arguments(grpo(train), Path())


def test_gradient_checkpointing_is_off_unless_it_is_asked_for_by_either_of_its_names():
    def on(train: dict) -> bool:
        return bool(grpo_arguments(grpo(train), Path()).gradient_checkpointing)

    assert not on({})
    assert on({"gradient_checkpointing": True})
    assert on({"activation_checkpointing": True})


def test_a_tracker_that_is_not_installed_is_named_with_its_package(monkeypatch):
    assert grpo_arguments(grpo({}, trackers=["tensorboard"]), Path()).report_to == []
    monkeypatch.setattr(util, "find_spec", lambda _: None)
    with pytest.raises(ConfigInvalid, match="pip install wandb"):
        grpo_arguments(grpo({}, trackers=["wandb"]), Path())
