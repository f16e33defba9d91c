"""Which cases and trajectories a run is probed with: asked as in training, shown as they are."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from kg_service.core.knowledge import Knowledge

from ..choices import ask
from ..data import Row, case_rows, read_cases, read_trajectories, to_dataset, trajectory_rows
from ..rewards import Reward
from ..settings import Data, GrpoConfig
from .probes import Probes


def probes_of(config: GrpoConfig, knowledge: Knowledge, reward: Reward, processor: Any) -> Probes | None:
    """None where probes are switched off.

    Raises:
        RecordInvalid, ImageUnreadable, OptionsInvalid: as for the data that is trained on.
    """
    watch = config.watch
    if not watch.every or not (watch.cases or watch.trajectories):
        return None
    data = Data(cases=config.data.cases, split=watch.split or config.data.split)
    # All are asked, then some are taken: wrong options come from the golds of the whole split.
    asked = _some(ask(case_rows(read_cases(data)), knowledge, config.questions, config.seed), watch.cases, config.seed)
    told = None
    if watch.trajectories:
        split = watch.trajectories_split or config.data.split
        source = Data(cases=config.data.cases, trajectories=watch.trajectories, split=split)
        told = to_dataset(_some(trajectory_rows(read_trajectories(source)), watch.replies, config.seed), completions=True)
    return Probes(to_dataset(asked, completions=False), told, reward, processor, watch.batch)


def _some(rows: Sequence[Row], count: int, seed: int) -> list[Row]:
    return random.Random(seed).sample(rows, min(count, len(rows)))
