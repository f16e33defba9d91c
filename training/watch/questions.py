"""Which cases and trajectories a run is probed with: asked as in training, shown as they are."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import PAPER

from ..choices import ask
from ..data import Row, case_rows, check_golds, read_cases, read_trajectories, to_dataset, trajectory_rows
from ..rewards import Reward
from ..settings import Data, GrpoConfig
from .probes import Probes


def probe_rows(config: GrpoConfig, knowledge: Knowledge) -> tuple[list[Row], list[Row]]:
    """The cases that are asked and the replies whose loss is taken, drawn by the seed; both empty without probes.

    Raises:
        RecordInvalid, ImageUnreadable, GoldUnresolved, OptionsInvalid: as for the data that is trained on.
    """
    watch, cases = config.watch, config.data.cases
    if not watch.every:
        return [], []
    asked: list[Row] = []
    if watch.cases:
        found = case_rows(read_cases(Data(cases=cases, split=watch.split or config.data.split)))
        check_golds(found, knowledge, PAPER)
        # All are asked, then some are taken: wrong options come from the golds of the whole split.
        asked = _some(ask(found, knowledge, config.questions, config.seed), watch.cases, config.seed)
    told: list[Row] = []
    if watch.trajectories:
        split = watch.trajectories_split or config.data.split
        source = Data(cases=cases, trajectories=watch.trajectories, split=split)
        told = _some(trajectory_rows(read_trajectories(source)), watch.replies, config.seed)
    return asked, told


def probes_of(config: GrpoConfig, knowledge: Knowledge, reward: Reward, processor: Any) -> Probes | None:
    """None where there is nothing to probe with. Raises as `probe_rows`."""
    asked, told = probe_rows(config, knowledge)
    if not asked and not told:
        return None
    return Probes(
        to_dataset(asked, completions=False), to_dataset(told, completions=True), reward, processor, config.watch.batch
    )


def _some(rows: Sequence[Row], count: int, seed: int) -> list[Row]:
    return random.Random(seed).sample(rows, min(count, len(rows)))
