"""One tiny chain for all training tests: phantoms, trajectories and a base model, made by the real jobs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from kg_service.core.knowledge import Knowledge
from kg_service.core.release import load_snapshot

from ..conftest import ROOT

CI = ROOT / "training" / "configs" / "ci"


@dataclass(frozen=True)
class Workshop:
    """Where the inputs of the training jobs lie."""

    folder: Path
    snapshot: Path
    cases: Path
    trajectories: Path

    def arguments(self, verb: str, run_dir: Path, *overrides: str) -> list[str]:
        """The command line of one stage after `python -m training`."""
        given = [f"knowledge.path={self.snapshot}", f"data.cases={self.cases}", *overrides]
        if verb == "sft":
            given.insert(0, f"data.trajectories={self.trajectories}")
        found = [verb, str(CI / f"{verb}.toml"), "--run-dir", str(run_dir)]
        for item in given:
            found += ["--set", item]
        return found

    def train(self, verb: str, run_dir: Path, *overrides: str, config: Path | None = None) -> Path:
        """Run one stage in this process, by the function its door calls: torch is imported once, not each time."""
        from training.doors import enter

        _, path, _, folder, *given = self.arguments(verb, run_dir, *overrides)
        enter(verb, config or Path(path), given[1::2], Path(folder))
        return run_dir


def job(room: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", room, *arguments],
        cwd=ROOT,
        env=quiet(),
        capture_output=True,
        text=True,
        timeout=1000,
    )


def quiet() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    folder = tmp_path_factory.mktemp("workshop")
    snapshot = folder / "snapshot.json"
    for room, *arguments in (
        ("kg_service", "compile", "--out", str(snapshot)),
        ("synth", "cases", "synth/configs/phantom-ci.toml", "--run-dir", str(folder / "cases")),
        ("synth", "generate", "synth/configs/phantom-ci.toml", "--run-dir", str(folder / "written")),
    ):
        if room == "synth":
            arguments += ["--set", f"knowledge.path={snapshot}"]
        if "generate" in arguments:
            arguments += ["--set", f"write.cases={folder / 'cases' / 'cases.jsonl'}"]
        done = job(room, *arguments)
        assert done.returncode == 0, done.stderr
    return Workshop(folder, snapshot, folder / "cases" / "cases.jsonl", folder / "written" / "trajectories.jsonl")


@pytest.fixture(scope="session")
def release(workshop: Workshop) -> Knowledge:
    return load_snapshot(workshop.snapshot.read_bytes())


@pytest.fixture(scope="session")
def base(workshop: Workshop) -> Path:
    """A finished base run."""
    return workshop.train("base", workshop.folder / "base", f"captions.replies={workshop.trajectories}")


@pytest.fixture(scope="session")
def sft(workshop: Workshop, base: Path) -> Path:
    """A finished SFT run with LoRA."""
    return workshop.train("sft", workshop.folder / "sft", f"model.path={base / 'checkpoint'}")


@pytest.fixture(scope="session")
def full(workshop: Workshop) -> dict[str, Path]:
    """The configurations of CI less their `[lora]`: all weights are trained, or an adapter is continued."""
    found = {}
    for verb in ("sft", "grpo"):
        found[verb] = workshop.folder / f"{verb}-full.toml"
        found[verb].write_text(re.sub(r"\[lora\].*?\n\n", "", (CI / f"{verb}.toml").read_text(), flags=re.DOTALL))
    return found


@pytest.fixture(scope="session")
def speaker(workshop: Workshop, base: Path, full: dict[str, Path]) -> Path:
    """A checkpoint that knows two replies by heart: mostly well formed, so that GRPO has rewards to tell apart."""
    chosen = ("data.limit=2", "train.max_steps=90", "train.learning_rate=6e-3", "train.lr_scheduler_type=cosine",
              "train.per_device_train_batch_size=4", "train.save_strategy=no")  # fmt: skip
    given = (f"model.path={base / 'checkpoint'}", *chosen)
    return workshop.train("sft", workshop.folder / "speaker", *given, config=full["sft"]) / "checkpoint"


@pytest.fixture(scope="session")
def accent(workshop: Workshop, speaker: Path) -> Path:
    """An adapter on the speaker, of two steps of SFT: what GRPO continues as the paper does."""
    given = (f"model.path={speaker}", "data.limit=2", "train.max_steps=2", "train.learning_rate=1e-4",
             "train.per_device_train_batch_size=2", "train.save_strategy=no")  # fmt: skip
    return workshop.train("sft", workshop.folder / "accent", *given) / "adapter"
