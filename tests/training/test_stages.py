"""The stages as people start them: they finish, resume after kill -9, and stop before a wrong input costs time."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from kg_service.core.case import Case
from kg_service.job import read_jsonl, write_jsonl

from ..conftest import ROOT
from .conftest import CI, Workshop, job, quiet


def weights(run_dir: Path) -> dict[str, torch.Tensor]:
    return load_file(run_dir / "checkpoint" / "model.safetensors")


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def logged(run_dir: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def grpo(workshop: Workshop, sft: Path) -> Path:
    return workshop.train("grpo", workshop.folder / "grpo", f"model.path={sft / 'checkpoint'}")


def test_each_stage_leaves_a_manifest_that_names_the_release_and_its_inputs(workshop, base, sft, grpo, release):
    for run_dir in (base, sft, grpo):
        manifest = json.loads((run_dir / "manifest.json").read_text())
        assert manifest["digest"] == release.digest
        assert str(workshop.cases) in manifest["inputs"]
    assert manifest["spec_digest"].startswith("sha256:")
    assert (sft / "adapter" / "adapter_config.json").is_file()


def test_grpo_logs_every_term_of_the_reward_and_a_total_that_is_their_sum(grpo):
    rows = [row for row in logged(grpo) if "reward" in row]
    assert len(rows) == 4
    for row in rows:
        terms = [row[f"reward/{term}"] for term in ("format", "granularity", "condition", "grounding")]
        assert row["reward"] == pytest.approx(sum(terms), abs=1e-5)
        assert 0.0 <= row["malformed"] <= 1.0


def test_training_changes_the_weights_and_a_finished_run_is_not_trained_again(workshop, base, sft):
    assert not same(weights(base), weights(sft))
    before = (sft / "checkpoint" / "model.safetensors").stat().st_mtime_ns
    workshop.train("sft", sft, f"model.path={base / 'checkpoint'}")
    assert (sft / "checkpoint" / "model.safetensors").stat().st_mtime_ns == before


def killed_after_a_checkpoint(arguments: list[str], run_dir: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "training", *arguments],
        cwd=ROOT,
        env=quiet(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 200
    while not list((run_dir / "trainer").glob("checkpoint-*/trainer_state.json")):
        assert time.monotonic() < deadline
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(20)
    assert not (run_dir / "manifest.json").exists()


@pytest.mark.parametrize("verb", ["base", "sft", "grpo"])
def test_a_run_killed_with_kill_9_ends_with_the_same_weights_as_one_that_was_not(workshop, base, sft, verb):
    start = {"base": [], "sft": [f"model.path={base / 'checkpoint'}"], "grpo": [f"model.path={sft / 'checkpoint'}"]}
    overrides = [*start[verb], "train.save_steps=2", "train.max_steps=12"]
    whole = workshop.train(verb, workshop.folder / f"{verb}-whole", *overrides)
    broken = workshop.folder / f"{verb}-broken"
    killed_after_a_checkpoint(workshop.arguments(verb, broken, *overrides), broken)
    workshop.train(verb, broken, *overrides)
    assert same(weights(whole), weights(broken))
    steps = [row["step"] for row in logged(broken) if "loss" in row]
    assert steps == sorted(set(steps))


def test_grpo_without_sft_starts_from_the_base(workshop, base):
    run_dir = workshop.train(
        "grpo", workshop.folder / "grpo-only", f"model.path={base / 'checkpoint'}", "train.max_steps=2"
    )
    assert logged(run_dir)[0]["step"] == 1


def test_grpo_continues_an_sft_adapter_as_the_paper_does_and_starts_at_the_reference(workshop, base, sft):
    run_dir = workshop.folder / "grpo-adapter"
    config = workshop.folder / "continue.toml"
    config.write_text(re.sub(r"\[lora\].*?\n\n", "", (CI / "grpo.toml").read_text(), flags=re.DOTALL))
    arguments = workshop.arguments(
        "grpo", run_dir, f"model.path={base / 'checkpoint'}", f"model.adapter={sft / 'adapter'}", "train.max_steps=2"
    )
    arguments[1] = str(config)
    done = job("training", *arguments)
    assert done.returncode == 0, done.stderr
    assert logged(run_dir)[0]["kl"] == pytest.approx(0.0, abs=1e-4)
    assert not (run_dir / "adapter" / "ref").exists()


def test_a_gold_that_names_no_concept_stops_before_training_and_names_the_rows(workshop, base, tmp_path):
    cases = list(read_jsonl(workshop.cases, Case))
    images = workshop.cases.parent
    broken = [
        replace(c, image=str(images / c.image), gold="chickenpoxx" if n % 50 == 0 else c.gold)
        for n, c in enumerate(cases)
        if c.split == "rl"
    ]
    write_jsonl(tmp_path / "cases.jsonl", broken)
    arguments = workshop.arguments("grpo", tmp_path / "run", f"model.path={base / 'checkpoint'}")
    done = job("training", *arguments, "--set", f"data.cases={tmp_path / 'cases.jsonl'}")
    assert done.returncode == 2
    assert "gold-unresolved" in done.stderr
    assert all(case.id in done.stderr for case in broken if case.gold == "chickenpoxx")
    assert not (tmp_path / "run" / "trainer").exists()


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.learning_ratee=1", "learning_ratee"),
        ("train.reward_weights=[1.0]", "reward_weights"),
        ("data.split=nowhere", "nowhere"),
        ("reward.spec=generous", "generous"),
        ("reward.spec=released-code", "released-code"),
        ("surprise=1", "surprise"),
        ("data.cases=missing.jsonl", "missing.jsonl"),
        ("knowledge.digest=sha256:00", "digest"),
    ],
)
def test_a_wrong_configuration_stops_at_once_and_says_where(workshop, sft, tmp_path, override, message):
    arguments = workshop.arguments("grpo", tmp_path / "run", f"model.path={sft / 'checkpoint'}")
    done = job("training", *arguments, "--set", override)
    assert done.returncode in (2, 3)
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_dry_run_says_what_would_be_done_and_does_nothing(workshop, sft, tmp_path):
    arguments = workshop.arguments("grpo", tmp_path / "run", f"model.path={sft / 'checkpoint'}")
    done = job("training", *arguments, "--dry-run")
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert (plan["steps"], plan["completions"], plan["prompts_per_step"]) == (4, 32, 2)
    assert not (tmp_path / "run").exists()
