"""The configuration of a chain."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ..predict import Generation
from ..tasks import Question


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StageConfig(Part):
    """One door: `run` = ("synth", "cases"), the room's own `config` file, and what to `set` in it.

    A door without a configuration file gets `arguments` instead, its own folder (`{name}`) among them, and no release:
    it takes that of what it reads.
    """

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    run: tuple[str, str]
    config: Path | None = None
    set: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


class ModelConfig(Part):
    """One model to evaluate. `label` is what reports call it; `curve` the training log shown for it."""

    name: str = Field(pattern=r"^[A-Za-z0-9_]+$")
    checkpoint: str
    label: str = ""
    curve: str = ""


class ProbeConfig(Part):
    """A linear probe on the frozen vision tower of a checkpoint, shown among the baselines."""

    name: str = Field(pattern=r"^[A-Za-z0-9_]+$")
    checkpoint: str
    max_pixels: int | None = None


class ChainConfig(Part):
    """`python -m eval chain`. `data` is a folder of real images, for chains that use one.

    `train_splits` train the baselines and the probes, and what they share with `splits` is written to `overlap.json`.
    """

    title: str
    data: str = ""
    workers: int = Field(default=2, ge=1)
    cases: str = "{cases}/cases.jsonl"
    train_splits: tuple[str, ...] = ("train",)
    splits: tuple[str, ...] = ("test",)
    limit: int = Field(default=0, ge=0)
    spec: str = "paper"
    primary: str = "reward"
    resamples: int = 2000
    browse: int = 36
    baselines: tuple[str, ...] = ("majority", "chance")
    probes: tuple[ProbeConfig, ...] = ()
    questions: tuple[Question, ...] = Field(default=(Question(),), min_length=1)
    pairs: tuple[tuple[str, str], ...] = ()
    generation: Generation = Generation()
    stages: tuple[StageConfig, ...]
    models: tuple[ModelConfig, ...] = Field(min_length=1)
