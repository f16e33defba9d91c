"""The same question put to real training: one SFT model, GRPO under several rewards, and what each of them answers.

The chain's `data` is the run directory of a finished chain, whose cases and SFT checkpoint its stages go on from. One
SFT model under a few rewards is an illustration beside the toy, not a second verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...intervals.seeds import Measured, Study
from ...metrics import ratios
from ...metrics.ratio import Ratio, column
from ...outcome import Outcome
from ...score import Score
from ...tables import Cell, Table
from ..chains import Finished, one_knowledge
from ..running import ChainSettings, run_chains, stage_commands

METRICS = {
    "exact": "exact or finer",
    "at_some_level": "right at some level",
    "level": "level named",
    "reward": "mean reward, paper's",
    "malignancy_sensitivity": "malignant: sensitivity",
    "malignancy_specificity": "malignant: specificity",
}
_RIGHT = (Outcome.EXACT, Outcome.FINER)


class Trained(ChainSettings):
    """`against` is the model the others are set against."""

    against: str = "paper"


def commands(settings: Trained, run_dir: Path, seeds: Sequence[int]) -> list[str]:
    return stage_commands(settings.template(), run_dir / "trained", seeds)


def run(settings: Trained, run_dir: Path, seeds: Sequence[int]) -> Table:
    """Run the chains that are not finished (RUN/trained/seed-S), and compare."""
    return table(settings, run_chains(settings.template(), run_dir / "trained", seeds), seeds)


def table(settings: Trained, runs: Sequence[Finished], seeds: Sequence[int]) -> Table:
    """Every model over all seeds, and its difference to `against`."""
    knowledge = one_knowledge(runs)

    def measured(run: Finished, name: str) -> Measured:
        scores = run.scores(name)
        return {**ratios(scores, knowledge), **_own(scores)}, [score.group for score in scores]

    models = runs[0].models
    every = {name: [measured(run, name) for run in runs] for name in models}
    study = Study(every, list(METRICS), seeds=seeds, resamples=settings.resamples)
    rows: list[tuple[Cell, ...]] = [(name, "", *(study.value(name, metric) for metric in METRICS)) for name in models]
    for name in models:
        if name != settings.against:
            pair = [(name, settings.against)]
            rows.append((name, f"less {settings.against}", *(study.gain(pair, metric) for metric in METRICS)))
    note = (
        "GRPO from one SFT model under each reward. Seeds together: seeds are resampled, and within each its patients."
    )
    return Table("trained", "Real training under several rewards", ("model", "", *METRICS.values()), tuple(rows), note)


def _own(scores: Sequence[Score]) -> dict[str, Ratio]:
    """Whether each answer is right, right at some level; the level it names, over those that name any."""
    ones = np.ones(len(scores))
    named = column(scores, lambda s: s.predicted is not None)
    return {
        "exact": Ratio(column(scores, lambda s: s.outcome in _RIGHT), ones),
        "at_some_level": Ratio(column(scores, lambda s: s.outcome in (*_RIGHT, Outcome.COARSER)), ones),
        "level": Ratio(column(scores, lambda s: s.predicted_level), named, share=False),
    }
