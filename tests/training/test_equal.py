"""Configurations that say the same thing in other words train the same model.

What was found (TRL 1.16, transformers 5.23): the loss is divided by the tokens (SFT, dapo) of a whole optimizer step,
however it is cut up; GRPO generates the completions of `steps_per_generation` micro-batches at once, and that is
`gradient_accumulation_steps` unless it is set, so cutting a batch up draws the very same completions.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from ..conftest import ROOT
from .conftest import Workshop, quiet

CUTS = {"8": (8, 1), "2 x 4": (4, 2), "8 x 1": (1, 8)}  # name -> (per device, accumulated)


def rows(run_dir: Path) -> list[dict[str, float]]:
    lines = map(json.loads, (run_dir / "metrics.jsonl").read_text().splitlines())
    return [row for row in lines if "loss" in row]


def weights(run_dir: Path) -> dict[str, torch.Tensor]:
    return load_file(run_dir / "adapter" / "adapter_model.safetensors")


def apart(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> float:
    """The largest difference of any weight."""
    assert a.keys() == b.keys()
    return max(float((a[name] - b[name]).abs().max()) for name in a)


def moved(run_dir: Path) -> float:
    """How far the adapter is from where it began: its second factor begins at 0."""
    return max(float(weight.abs().max()) for name, weight in weights(run_dir).items() if "lora_B" in name)


def cut(name: str) -> list[str]:
    one, times = CUTS[name]
    return [f"train.per_device_train_batch_size={one}", f"train.gradient_accumulation_steps={times}"]


class Runs:
    """Short runs of one stage that differ in a few options; each is made once."""

    def __init__(self, workshop: Workshop, verb: str, *given: str) -> None:
        self.workshop, self.verb, self.given = workshop, verb, given
        self.folder = workshop.folder / "equal" / verb

    def arguments(self, name: str, *options: str) -> tuple[Path, tuple[str, ...]]:
        run_dir = self.folder / name.replace(" ", "-")
        return run_dir, (*self.given, "train.save_strategy=no", "train.logging_steps=1", *options)

    def __call__(self, name: str, *options: str) -> Path:
        run_dir, given = self.arguments(name, *options)
        return self.workshop.train(self.verb, run_dir, *given)


@pytest.fixture(scope="module")
def sft(workshop: Workshop, speaker: Path) -> Runs:
    # plain gradient descent: Adam would turn a rounding difference of a vanishing gradient into a whole step
    return Runs(workshop, "sft", f"model.path={speaker}", "train.max_steps=2", "train.optim=sgd",
                "train.learning_rate=0.1", "data.limit=24")  # fmt: skip


@pytest.fixture(scope="module")
def grpo(workshop: Workshop, speaker: Path) -> Runs:
    return Runs(workshop, "grpo", f"model.path={speaker}", "train.max_steps=2", "train.optim=sgd",
                "train.learning_rate=0.1", "train.beta=0.01")  # fmt: skip


@pytest.mark.parametrize("name", ["2 x 4", "8 x 1"])
def test_sft_on_a_batch_that_is_cut_up_is_sft_on_the_whole_batch(sft, name):
    whole, parts = sft("8", *cut("8")), sft(name, *cut(name))
    assert [row["loss"] for row in rows(parts)] == pytest.approx([row["loss"] for row in rows(whole)], abs=1e-5)
    assert apart(weights(whole), weights(parts)) < 1e-5
    assert moved(whole) > 1e-4  # or there was nothing to differ in


@pytest.mark.parametrize("name", ["2 x 4", "8 x 1"])
def test_grpo_on_a_batch_that_is_cut_up_draws_the_same_completions_and_learns_the_same(grpo, name):
    whole, parts = grpo("8", *cut("8")), grpo(name, *cut(name))
    assert len({row["reward"] for row in rows(whole)}) > 1
    for key in ("reward", "reward_std", "exact", "completions/mean_length"):
        assert [row[key] for row in rows(parts)] == pytest.approx([row[key] for row in rows(whole)], abs=1e-6)
    assert [row["kl"] for row in rows(parts)] == pytest.approx([row["kl"] for row in rows(whole)], abs=1e-6)
    assert apart(weights(whole), weights(parts)) < 1e-5
    assert moved(whole) > 1e-4


def test_recomputing_activations_changes_nothing_but_memory(sft, grpo):
    for runs in (sft, grpo):
        kept, made_again = runs("8", *cut("8")), runs("recomputed", *cut("8"), "train.gradient_checkpointing=true")
        assert [row["loss"] for row in rows(made_again)] == pytest.approx([row["loss"] for row in rows(kept)], abs=1e-5)
        assert apart(weights(kept), weights(made_again)) < 1e-5


def test_two_processes_with_half_a_batch_each_are_one_with_the_whole(sft):
    whole = sft("8", *cut("8"))
    run_dir, given = sft.arguments("two processes", "train.per_device_train_batch_size=4")
    arguments = sft.workshop.arguments("sft", run_dir, *given)
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m", "training"]
    done = subprocess.run(
        [*launch, *arguments],
        cwd=ROOT,
        env={**quiet(), **os.environ},
        capture_output=True,
        text=True,
        timeout=1000,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert [row["loss"] for row in rows(run_dir)] == pytest.approx([row["loss"] for row in rows(whole)], abs=1e-4)
    assert apart(weights(whole), weights(run_dir)) < 1e-5
