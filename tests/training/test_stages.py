"""The stages as people start them: they finish, resume after kill -9, and stop before a wrong input costs time."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from kg_service.core.case import Case
from kg_service.core.errors import ConfigInvalid, DigestMismatch, GoldUnresolved, SkinR1Error
from kg_service.job import load_config, read_jsonl, write_json, write_jsonl
from training.resuming import check_begun, last_checkpoint
from training.settings import SftConfig

from ..conftest import ROOT
from ..patience import PATIENCE, eventually
from .conftest import CI, Workshop, job, quiet

# What a clock says differs between two runs; TRL's counter of tokens starts again with the process.
CLOCKS = ("time", "seconds", "per_second", "reward_share", "memory", "num_tokens")


def weights(run_dir: Path) -> dict[str, torch.Tensor]:
    return load_file(run_dir / "checkpoint" / "model.safetensors")


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def logged(run_dir: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]


def measured(run_dir: Path) -> list[dict[str, float]]:
    """The rows of training, less what a clock says."""
    return [
        {name: value for name, value in row.items() if not any(word in name for word in CLOCKS)}
        for row in logged(run_dir)
        if "loss" in row
    ]


@pytest.fixture(scope="module")
def grpo(workshop: Workshop, speaker: Path) -> Path:
    """A finished GRPO run with LoRA, started as people do."""
    run_dir = workshop.folder / "grpo"
    done = job("training", *workshop.arguments("grpo", run_dir, f"model.path={speaker}"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith(str(run_dir))
    return run_dir


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
    assert any(row["reward"] > 0 for row in rows)
    for row in rows:
        terms = [row[f"reward/{term}"] for term in ("format", "granularity", "condition", "grounding")]
        assert row["reward"] == pytest.approx(sum(terms), abs=1e-5)
        assert 0.0 <= row["malformed"] <= 1.0


def test_training_changes_the_weights_and_a_finished_run_is_not_trained_again(workshop, base, sft):
    assert not same(weights(base), weights(sft))
    before = (sft / "checkpoint" / "model.safetensors").stat().st_mtime_ns
    workshop.train("sft", sft, f"model.path={base / 'checkpoint'}")
    assert (sft / "checkpoint" / "model.safetensors").stat().st_mtime_ns == before


STEPS = 8  # of a run that is killed


def killed_after_a_checkpoint(arguments: list[str], run_dir: Path) -> None:
    """Where the machine was too busy to look in time and the run went on to its end, it is begun again."""
    while not killed_in_time(arguments, run_dir):
        shutil.rmtree(run_dir)


def killed_in_time(arguments: list[str], run_dir: Path) -> bool:
    process = subprocess.Popen(
        # Nice, so that on one crowded core we look before it has ended.
        ["nice", sys.executable, "-m", "training", *arguments],
        cwd=ROOT,
        env=quiet(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def states() -> list[Path]:
        return list((run_dir / "trainer").glob("checkpoint-*/trainer_state.json"))

    eventually(lambda: states() or process.poll() is not None, 3 * PATIENCE)
    process.kill()
    assert process.wait(PATIENCE) in (0, -signal.SIGKILL), "the run failed by itself"
    return not (run_dir / "manifest.json").exists() and not list((run_dir / "trainer").glob(f"checkpoint-{STEPS}"))


@pytest.mark.parametrize("kind", ["base", "sft with lora", "grpo on an adapter", "grpo on all weights"])
def test_a_run_killed_with_kill_9_ends_as_one_that_was_not(workshop, base, full, speaker, accent, kind):
    """All weights and adapters resume to the same bits, and what was logged, losses, rewards and KL, is the same."""
    verb = kind.split()[0]
    given, config = {
        "base": ([], None),
        "sft with lora": ([f"model.path={base / 'checkpoint'}"], None),
        "grpo on an adapter": ([f"model.path={speaker}", f"model.adapter={accent}"], full["grpo"]),
        "grpo on all weights": ([f"model.path={speaker}", "train.learning_rate=1e-4"], full["grpo"]),
    }[kind]
    overrides = [*given, "train.save_steps=2", f"train.max_steps={STEPS}", "train.logging_steps=1"]
    name = kind.replace(" ", "-")
    whole = workshop.train(verb, workshop.folder / f"{name}-whole", *overrides, config=config)
    broken = workshop.folder / f"{name}-broken"
    arguments = workshop.arguments(verb, broken, *overrides)
    if config is not None:
        arguments[1] = str(config)
    killed_after_a_checkpoint(arguments, broken)
    left = max(int(path.name.split("-")[1]) for path in (broken / "trainer").glob("checkpoint-*"))
    assert left < STEPS
    workshop.train(verb, broken, *overrides, config=config)
    assert same(weights(whole), weights(broken))
    rows, again = measured(whole), measured(broken)
    assert [row["step"] for row in again] == [row["step"] for row in rows] == list(range(1, STEPS + 1))
    for one, other in zip(rows, again, strict=True):
        assert other == pytest.approx(one, rel=1e-6, abs=1e-9)
    if verb == "grpo":
        assert len({row["reward"] for row in rows}) > 1  # or the weights would not have moved
        assert rows[0]["kl"] == pytest.approx(0.0, abs=1e-6)
        assert max(row["kl"] for row in rows) > 1e-5
    if kind == "grpo on an adapter":
        # TRL saves the frozen reference beside the adapter in training; a resume must put each in its own place.
        start = load_file(accent / "adapter_model.safetensors")
        for checkpoint in (broken / "trainer").glob("checkpoint-*"):
            assert same(load_file(checkpoint / "ref" / "adapter_model.safetensors"), start)
            assert not same(load_file(checkpoint / "adapter_model.safetensors"), start)
        assert not (broken / "adapter" / "ref").exists()


def test_grpo_without_sft_starts_from_the_base(workshop, base):
    run_dir = workshop.train(
        "grpo", workshop.folder / "grpo-only", f"model.path={base / 'checkpoint'}", "train.max_steps=2"
    )
    assert logged(run_dir)[0]["step"] == 1


def test_a_gold_that_names_no_concept_stops_before_training_and_names_the_rows(workshop, base, tmp_path):
    cases = list(read_jsonl(workshop.cases, Case))
    images = workshop.cases.parent
    broken = [
        replace(c, image=str(images / c.image), gold="chickenpoxx" if n % 50 == 0 else c.gold)
        for n, c in enumerate(cases)
        if c.split == "rl"
    ]
    write_jsonl(tmp_path / "cases.jsonl", broken)
    given = (f"model.path={base / 'checkpoint'}", f"data.cases={tmp_path / 'cases.jsonl'}")
    with pytest.raises(GoldUnresolved) as caught:
        workshop.train("grpo", tmp_path / "run", *given)
    assert all(case.id in str(caught.value) for case in broken if case.gold == "chickenpoxx")
    assert not (tmp_path / "run").exists()


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
        ("model.dtype=bf16", "dtype"),
        ("model.path=nobody/has-this", "cannot be loaded"),
        ("lora.targets=(", "regular expression"),
        ("lora.targets=nothing", "match no layer"),
        ("data.limit=1", "different rows"),
    ],
)
def test_a_wrong_configuration_stops_at_once_and_says_where(workshop, sft, tmp_path, override, message):
    with pytest.raises(SkinR1Error, match=re.escape(message)):
        workshop.train("grpo", tmp_path / "run", f"model.path={sft / 'checkpoint'}", override)
    assert not (tmp_path / "run" / "trainer").exists()


def test_an_unfinished_run_does_not_go_on_with_another_configuration_or_knowledge(sft, release, tmp_path):
    config = load_config(SftConfig, CI / "sft.toml", ["model.path=m"])
    write_json(tmp_path / "plan.json", {"config": config.model_dump(mode="json"), "digest": release.digest})
    other = load_config(SftConfig, CI / "sft.toml", ["model.path=m", "seed=7", "lora.r=3"])
    check_begun(other, release.digest, tmp_path)  # nothing to go on from yet
    shutil.copytree(last_checkpoint(sft) or sft, tmp_path / "trainer" / "checkpoint-6")
    check_begun(config, release.digest, tmp_path)
    elsewhere = ["model.path=m", "train.vllm_server_base_url=http://node7:8000", "train.save_total_limit=9"]
    check_begun(load_config(SftConfig, CI / "sft.toml", elsewhere), release.digest, tmp_path)
    with pytest.raises(ConfigInvalid, match=r"lora\.r was 8 and is 3; seed was 0 and is 7"):
        check_begun(other, release.digest, tmp_path)
    with pytest.raises(ConfigInvalid, match="knowledge"):
        check_begun(config, "sha256:00", tmp_path)


def test_a_checkpoint_whose_weights_were_torn_is_left_for_the_one_before(sft, tmp_path):
    shutil.copytree(sft / "trainer", tmp_path / "trainer")
    newest = last_checkpoint(tmp_path)
    assert newest is not None
    for file in newest.glob("*.safetensors"):
        file.write_bytes(file.read_bytes()[:-9])
    before = last_checkpoint(tmp_path)
    assert before is not None
    assert before.name == "checkpoint-3"
    assert not newest.exists()


def test_a_run_that_was_killed_before_its_card_gets_it_from_the_next_start(workshop, base, sft):
    card = sft / "adapter" / "README.md"
    before = card.read_bytes()
    card.unlink()
    workshop.train("sft", sft, f"model.path={base / 'checkpoint'}")
    assert card.read_bytes() == before


def test_another_knowledge_than_the_pinned_one_is_refused_with_exit_code_3(workshop, sft, tmp_path):
    arguments = workshop.arguments("grpo", tmp_path / "run", f"model.path={sft / 'checkpoint'}")
    done = job("training", *arguments, "--set", "knowledge.digest=sha256:00")
    assert done.returncode == 3
    assert done.stderr.startswith(DigestMismatch.code)
    assert "Traceback" not in done.stderr
