"""Small runs, how two of them are compared, and how alike texts are."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from synth.checks import corpus
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


def near_share(texts: Sequence[str]) -> float:
    """Share of the texts, in [0, 1], that have one nearly the same before them, as the checks find it."""
    nearby = corpus.Nearby()
    near = 0
    for text in texts:
        marks = corpus.shingles(text)
        bands = corpus._bands(marks)
        near += nearby.find(marks, bands) >= 0
        nearby.add(marks, bands)
    return near / len(texts)
