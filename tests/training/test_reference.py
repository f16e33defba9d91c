"""What GRPO starts from and is held to: the SFT policy, as an adapter or merged; and TRL's losses, one step each."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from trl.trainer.grpo_trainer import GRPOTrainer

from kg_service.core.errors import ConfigInvalid
from kg_service.core.reward import RELEASED_CODE
from kg_service.job import load_config
from training import grpo
from training.data import to_dataset
from training.model import load
from training.rewards import Reward
from training.settings import GrpoConfig
from training.stage import grpo_arguments

from ..conftest import ROOT
from .conftest import CI, quiet


def table(workshop, *overrides: str) -> GrpoConfig:
    given = [f"knowledge.path={workshop.snapshot}", f"data.cases={workshop.cases}", *overrides]
    return load_config(GrpoConfig, CI / "grpo.toml", given)


def continued(workshop, base: Path, sft: Path, *overrides: str) -> GrpoConfig:
    return table(workshop, f"model.path={base / 'checkpoint'}", f"model.adapter={sft / 'adapter'}", *overrides)


def logged(run_dir: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]


def test_a_fresh_adapter_on_the_merged_policy_starts_at_its_reference(workshop, release, base, sft, tmp_path):
    config = continued(workshop, base, sft, 'reference="merged"', "train.max_steps=2", 'trackers=["tensorboard"]')
    grpo.train(config, grpo.rows(config, release), release, tmp_path / "run")
    assert logged(tmp_path / "run")[0]["kl"] == pytest.approx(0.0, abs=1e-6)
    # The reference is the SFT policy, all of it: what SFT itself left merged.
    reference, left = (
        load_file(run / "model.safetensors") for run in (tmp_path / "run" / "reference", sft / "checkpoint")
    )
    assert all(torch.equal(reference[name], left[name]) for name in left)
    # And the new adapter says on what it stands: there it gives the very checkpoint that the run left.
    folder = json.loads((tmp_path / "run" / "adapter" / "adapter_config.json").read_text())["base_model_name_or_path"]
    assert Path(folder) == tmp_path / "run" / "reference"
    again: Any = PeftModel.from_pretrained(load(folder)[0], tmp_path / "run" / "adapter")  # pyright: ignore
    merged = again.merge_and_unload().state_dict()
    whole = load(tmp_path / "run" / "checkpoint")[0].state_dict()
    assert all(torch.allclose(merged[name], whole[name], atol=1e-6) for name in whole)
    assert list((tmp_path / "run" / "tensorboard").glob("events.out.tfevents.*"))


def test_a_continued_adapter_starts_at_its_frozen_clone(workshop, release, base, sft, tmp_path):
    config = continued(workshop, base, sft).model_copy(update={"lora": None})
    model: Any = grpo.start(config, grpo_arguments(config, tmp_path), tmp_path, None)[0]
    trainer: Any = GRPOTrainer(
        model=model,
        reward_funcs=Reward(release, RELEASED_CODE),  # pyright: ignore[reportArgumentType]
        args=grpo_arguments(config, tmp_path),
        train_dataset=to_dataset(grpo.rows(config, release), completions=False),
        processing_class=load(base / "checkpoint")[1],
    )
    weights = dict(trainer.model.named_parameters())
    trained = {name for name in weights if ".default." in name}
    assert trained
    given = load_file(sft / "adapter" / "adapter_model.safetensors")
    for name in trained:
        clone = weights[name.replace(".default.", ".ref.")]
        assert weights[name].requires_grad
        assert not clone.requires_grad
        assert torch.equal(weights[name], clone)
        assert torch.equal(clone, given[name.replace(".default.", ".")])


def test_full_weights_that_resume_are_held_to_where_the_run_began(workshop, release, base, sft, tmp_path):
    config = table(workshop, f"model.path={base / 'checkpoint'}").model_copy(update={"lora": None})
    args = grpo_arguments(config, tmp_path)
    model: Any = grpo.start(config, args, tmp_path, sft / "checkpoint")[0]  # stands for a checkpoint of this run
    trainer: Any = GRPOTrainer(
        model=model,
        reward_funcs=Reward(release, RELEASED_CODE),  # pyright: ignore[reportArgumentType]
        args=args,
        train_dataset=to_dataset(grpo.rows(config, release), completions=False),
        processing_class=load(base / "checkpoint")[1],
    )
    began, reached = (load(run / "checkpoint")[0].state_dict() for run in (base, sft))
    assert all(torch.equal(trainer.model.state_dict()[name], reached[name]) for name in reached)
    assert all(torch.equal(trainer.ref_model.state_dict()[name], began[name]) for name in began)
    assert any(not torch.equal(began[name], reached[name]) for name in began)


def test_what_trains_on_top_of_an_adapter_must_be_said(workshop, base, sft):
    with pytest.raises(ConfigInvalid, match="lora"):
        grpo.check_adapter(continued(workshop, base, sft))  # the file has [lora]
    merged = continued(workshop, base, sft, 'reference="merged"')
    grpo.check_adapter(merged)
    with pytest.raises(ConfigInvalid, match="lora"):
        grpo.check_adapter(merged.model_copy(update={"lora": None}))
    with pytest.raises(ConfigInvalid, match=r"model\.adapter"):
        grpo.check_adapter(table(workshop, f"model.path={base / 'checkpoint'}", 'reference="merged"'))


def test_an_adapter_that_fits_no_layer_or_is_damaged_is_not_trained_on(workshop, base, sft, tmp_path):
    folder = shutil.copytree(sft / "adapter", tmp_path / "adapter")
    config = table(workshop, f"model.path={base / 'checkpoint'}", f"model.adapter={folder}")
    config = config.model_copy(update={"lora": None})
    file = folder / "adapter_model.safetensors"
    whole = load_file(file)
    save_file({name.replace("language_model", "text_model"): weight for name, weight in whole.items()}, file)
    with pytest.raises(ConfigInvalid, match="does not fit"):
        grpo.start(config, grpo_arguments(config, tmp_path), tmp_path, None)
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(ConfigInvalid, match="does not fit"):
        grpo.start(config, grpo_arguments(config, tmp_path), tmp_path, None)
    file.unlink()
    with pytest.raises(ConfigInvalid, match="adapter_model"):
        grpo.check_adapter(config)


@pytest.fixture
def from_the_hub(sft: Path, tmp_path: Path) -> Path:
    """The adapter as one that was trained on a model of the hub."""
    folder = shutil.copytree(sft / "adapter", tmp_path / "adapter")
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "base_model_name_or_path": "lab/model-7b"}))
    (folder / "base.json").unlink()
    return folder


def test_an_adapter_of_another_model_of_the_hub_is_refused(workshop, from_the_hub):
    def asked(model: str) -> GrpoConfig:
        return table(workshop, f"model.path={model}", f"model.adapter={from_the_hub}", 'reference="merged"')

    grpo.check_adapter(asked("lab/model-7b"))
    with pytest.raises(ConfigInvalid, match="lab/model-7b"):
        grpo.check_adapter(asked("lab/model-3b"))


def test_a_local_folder_may_hold_the_model_of_the_hub_and_a_warning_says_so(workshop, from_the_hub, base):
    config = table(workshop, f"model.path={base / 'checkpoint'}", f"model.adapter={from_the_hub}", 'reference="merged"')
    with pytest.warns(UserWarning, match="lab/model-7b"):
        grpo.check_adapter(config)


@pytest.fixture(scope="module")
def policy(base: Path) -> tuple[Any, Any]:
    return load(base / "checkpoint")


@pytest.mark.parametrize(
    "options",
    [
        {"loss_type": "dapo", "epsilon_high": 0.28, "mask_truncated_completions": True},
        {"loss_type": "dr_grpo", "scale_rewards": "none"},
        {"loss_type": "grpo", "importance_sampling_level": "sequence", "beta": 0.0},
    ],
    ids=["dapo", "dr-grpo", "gspo"],
)
def test_losses_of_trl_learn_from_multiple_choice_with_images(workshop, release, policy, tmp_path, options):
    given = [f"train.{name}={json.dumps(value)}" for name, value in options.items()]
    config = table(
        workshop, "model.path=x", 'reward.spec="released-code"', 'questions.ask="path"', "train.max_steps=1",
        'train.save_strategy="no"', *given,
    )  # fmt: skip
    reward = Reward(release, grpo.spec_of(config))  # refuses a row without options
    trainer = GRPOTrainer(
        model=policy[0],
        reward_funcs=reward,  # pyright: ignore[reportArgumentType]
        args=grpo_arguments(config, tmp_path),
        train_dataset=to_dataset(grpo.rows(config, release), completions=False),
        processing_class=policy[1],
    )
    trainer.train()
    assert trainer.state.global_step == 1
    assert reward.calls == 1
    assert reward.seconds > 0
    row = trainer.state.log_history[0]
    assert row["malformed"] + row["reward/format"] == pytest.approx(1.0)


def test_two_processes_leave_one_run(workshop, base, sft, tmp_path):
    """Each rank trains on its part; files are written once, by rank zero, when both are there."""
    run_dir = tmp_path / "run"
    arguments = workshop.arguments(
        "grpo", run_dir, f"model.path={base / 'checkpoint'}", f"model.adapter={sft / 'adapter'}",
        'reference="merged"', "train.max_steps=2", "train.per_device_train_batch_size=4",
    )  # fmt: skip
    # by itself it would choose one port for every run on this machine
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = subprocess.run(
        [*launch, "-m", "training", *arguments],
        cwd=ROOT, env=quiet(), capture_output=True, text=True, timeout=1000,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = logged(run_dir)
    assert [row["step"] for row in rows if "loss" in row] == [1, 2]
    assert rows[0]["kl"] == pytest.approx(0.0, abs=1e-6)
    assert (run_dir / "manifest.json").is_file()
    assert load_file(run_dir / "adapter" / "adapter_model.safetensors")
    load(run_dir / "checkpoint")
    left = [path.name for path in run_dir.iterdir()]
    assert not [name for name in left if re.search(r"\.part$", name)]


@pytest.fixture(autouse=True)
def quiet_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield
