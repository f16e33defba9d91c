"""Small runs, and how two of them are compared."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from synth.settings import SynthConfig

ROOT = Path(__file__).resolve().parents[2]
OUTPUTS = ("trajectories.jsonl", "quarantine.jsonl", "rejections.jsonl", "report.json", "report.md", "card.md")


def asked(small: SynthConfig, phantoms: Path, **write: object) -> SynthConfig:
    """The small configuration over the phantoms that are drawn already, with changes in `[write]`."""
    table = small.write.model_dump() | {"cases": str(phantoms / "cases.jsonl")} | write
    return SynthConfig.model_validate(small.model_dump() | {"write": table})


def synth(*words: object, hash_seed: str = "0") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-m", "synth", *map(str, words)], cwd=ROOT, env=environment, capture_output=True, text=True
    )


def contents(run: Path) -> dict[str, bytes]:
    """Everything that a run leaves for others, but for its manifest, which names the command."""
    columns = sorted(path.relative_to(run).as_posix() for path in run.glob("parquet/*"))
    return {name: (run / name).read_bytes() for name in (*OUTPUTS, *columns)}


def assert_same(one: Path, other: Path) -> None:
    """Byte for byte. Names the first file that differs instead of showing megabytes."""
    ours, theirs = contents(one), contents(other)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []
