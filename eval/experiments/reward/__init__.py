"""What a reward makes of a policy: when it commits to the leaf, when it stops above it, and what it does not teach.

A toy, so that the truth is known: drawn images with known odds over the leaves of a drawn hierarchy, and a softmax
policy trained as GRPO trains. The rewards are the project's own.

The claim is about the reward, so its verdict is read where training follows the expected reward ("none" in TRL's
`scale_rewards`). What GRPO's division by the group's spread makes of the same reward stands beside it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from tqdm import tqdm

from kg_service.client import KnowledgeSource
from kg_service.core.reward import PAPER, SAFE
from kg_service.job import read_jsonl, write_jsonl

from ..experiment import Findings, each_seed, identity
from ..release import released
from . import trained
from .cells import Cell, fill, settings_of
from .policy import Scale, Schedule
from .reading import findings
from .shapes import PROMPTS, SHAPES, Prompt, Shape, replies
from .threshold import Switch, switch, thresholds
from .trained import Trained
from .world import drawn, hierarchy

Item = TypeVar("Item")

SCALES: tuple[Scale, ...] = ("none", "group")


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Training(Part):
    """`rate` is the step size on the logits for each scaling; `beta` the weight of the KL term (the paper's is .04)."""

    samples: int = Field(default=8, ge=2)
    steps: int = Field(default=3000, ge=1)
    rate: dict[Scale, float] = {"none": 0.2, "group": 0.1}
    beta: float = Field(default=0.04, ge=0)


class Grid(Part):
    """The worlds and the cells. `blur`: see `world.drawn`. `weights` are pairs of granularity and condition."""

    branching: tuple[int, ...] = (2, 2, 2, 2)
    images: int = Field(default=48, ge=2)
    blur: float = Field(default=0.7, gt=0, lt=1)
    shapes: tuple[Shape, ...] = SHAPES
    prompts: tuple[Prompt, ...] = PROMPTS
    weights: tuple[tuple[float, float], ...] = ((0.75, 0.25), (0.75, 0.0), (0.25, 0.25))


class Switches(Part):
    """P(leaf | parent) is tried from `low` to `high`; a switch may lie `tolerance` from where theory puts it."""

    depths: tuple[int, ...] = (2, 3, 4, 5)
    shapes: tuple[Shape, ...] = ("paper", "safe")
    low: float = 0.3
    high: float = 0.98
    points: int = Field(default=18, ge=2)
    repeats: int = Field(default=16, ge=2)
    tolerance: float = Field(default=0.02, gt=0)


class Settings(Part):
    """`knowledge` is the release whose own thresholds are shown; where it names none, the checkout's.

    `trained` adds real training.
    """

    training: Training = Training()
    grid: Grid = Grid()
    switches: Switches = Switches()
    knowledge: KnowledgeSource = KnowledgeSource()
    trained: Trained | None = None
    resamples: int = Field(default=2000, ge=1)


def commands(settings: Settings, run_dir: Path, seeds: Sequence[int]) -> list[str]:
    """The toy is computed in this process; only real training starts others."""
    grid, switches = settings.grid, settings.switches
    count = len(settings_of(grid.shapes, grid.prompts, SCALES, grid.weights))
    more = len(switches.shapes) * len(switches.depths) * len(SCALES)
    toy = [f"# seed {seed}: train {count} toy policies and {more} threshold curves" for seed in seeds]
    return [*toy, *(trained.commands(settings.trained, run_dir, seeds) if settings.trained else ())]


def run(settings: Settings, run_dir: Path, seeds: Sequence[int]) -> Findings:
    """Train what is not trained yet, and report."""
    release = released(settings.knowledge, run_dir)
    mark = identity(settings.model_copy(update={"knowledge": KnowledgeSource(), "trained": None}))
    folders = [folder for _, folder in each_seed(run_dir, seeds, mark, lambda s, f: train(settings, s, f))]
    found = findings(
        [list(read_jsonl(folder / "cells.jsonl", Cell)) for folder in folders],
        [list(read_jsonl(folder / "switches.jsonl", Switch)) for folder in folders],
        seeds,
        tolerance=settings.switches.tolerance,
        resamples=settings.resamples,
        release=release,
        real={spec.name: thresholds(release, spec) for spec in (PAPER, SAFE)},
    )
    if settings.trained is None:
        return found
    return replace(found, tables=(trained.run(settings.trained, run_dir, seeds), *found.tables))


def train(settings: Settings, seed: int, folder: Path) -> None:
    """One seed: `cells.jsonl` and `switches.jsonl`."""
    training, grid, switches = settings.training, settings.grid, settings.switches
    rng = np.random.default_rng(seed)
    world = drawn(hierarchy(grid.branching, ragged=True, mixed=True), grid.images, rng, blur=grid.blur)
    offered = replies(world.knowledge)

    def schedule(scale: Scale) -> Schedule:
        return Schedule(scale, training.samples, training.steps, training.rate[scale], training.beta)

    cells = [
        fill(world, offered, setting, schedule(setting.scale), rng)
        for setting in _shown("policies", settings_of(grid.shapes, grid.prompts, SCALES, grid.weights))
    ]
    write_jsonl(folder / "cells.jsonl", cells)
    tried = np.linspace(switches.low, switches.high, switches.points).round(6).tolist()
    product: list[tuple[Shape, int, Scale]] = [
        (shape, depth, scale) for shape in switches.shapes for depth in switches.depths for scale in SCALES
    ]
    found = [
        switch(shape, depth, schedule(scale), chances=tried, repeats=switches.repeats, resamples=settings.resamples,
               rng=rng)
        for shape, depth, scale in _shown("thresholds", product)
    ]  # fmt: skip
    write_jsonl(folder / "switches.jsonl", found)


def _shown(name: str, items: Sequence[Item]) -> Iterable[Item]:
    return tqdm(items, desc=name, file=sys.stderr, disable=None)
