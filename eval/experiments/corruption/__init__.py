"""Corruption: does the quality of the synthetic rationales limit what RL reaches?

One base a seed. Its trajectories are corrupted by kind, rate and size (`synth corrupt`); each copy is learned by SFT,
each SFT continued by RL, both evaluated. RL itself always sees the true golds. A kind's damage is what is lost against
the clean rationales of the same size.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..experiment import Findings
from ..running import run_chains, stage_commands
from .chain import chain_of
from .findings import compare
from .settings import Settings

__all__ = ["Settings", "commands", "run"]


def commands(settings: Settings, run_dir: Path, seeds: Sequence[int]) -> list[str]:
    """Every stage of every seed."""
    return stage_commands(chain_of(settings), run_dir, seeds)


def run(settings: Settings, run_dir: Path, seeds: Sequence[int]) -> Findings:
    """Run what is not finished, and compare."""
    return compare(settings, run_chains(chain_of(settings), run_dir, seeds), seeds)
