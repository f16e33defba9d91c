"""The same question put to real training: one SFT model, GRPO under several rewards, and what each of them answers.

The chain's `data` is the run directory of a finished chain, whose cases and SFT checkpoint its stages go on from. One
SFT model under a few rewards is an illustration beside the toy, not a second verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ...intervals import Difference, Interval
from ...intervals.seeds import Measured, gain_over_seeds, over_seeds
from ...metrics import ratios
from ...metrics.ratio import Ratio, column
from ...outcome import Outcome
from ...score import Score
from ..chains import Finished, one_knowledge
from ..running import ChainSettings, run_chains, stage_commands
from ..tables import Cell, Table

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
    runs = run_chains(settings, settings.template(), run_dir / "trained", seeds)
    return table(settings, runs)


def table(settings: Trained, runs: Sequence[Finished]) -> Table:
    """Every model over all seeds, and its difference to `against`."""
    knowledge = one_knowledge(runs)

    def measured(run: Finished, name: str) -> Measured:
        scores = run.scores(name)
        return {**ratios(scores, knowledge), **_own(scores)}, [score.group for score in scores]

    every: Mapping[str, list[Measured]] = {name: [measured(run, name) for run in runs] for name in runs[0].models}
    how = {"resamples": settings.resamples, "seed": 0}
    rows: list[tuple[Cell, ...]] = []
    for name, found in every.items():
        values: list[Interval] = [over_seeds(found, metric, **how) for metric in METRICS]
        rows.append((name, "", *values))
    for name, found in every.items():
        if name != settings.against:
            less: list[Difference] = [
                gain_over_seeds(found, every[settings.against], metric, **how) for metric in METRICS
            ]
            rows.append((name, f"less {settings.against}", *less))
    note = (
        "GRPO from one SFT model under each reward. Seeds together: seeds are resampled, and within each its patients."
    )
    return Table("trained", "Real training under several rewards", ("model", "", *METRICS.values()), tuple(rows), note)


def _own(scores: Sequence[Score]) -> dict[str, Ratio]:
    """Whether each answer is right, right at some level; the level it names, over those that name any."""
    ones = column(scores, lambda s: 1.0)
    named = column(scores, lambda s: s.predicted is not None)
    return {
        "exact": Ratio(column(scores, lambda s: s.outcome in _RIGHT), ones),
        "at_some_level": Ratio(column(scores, lambda s: s.outcome in (*_RIGHT, Outcome.COARSER)), ones),
        "level": Ratio(column(scores, lambda s: s.predicted_level), named, share=False),
    }
