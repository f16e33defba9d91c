"""Ablation: what SFT gives, what RL gives, and what both together do, over seeds.

Each seed is one whole chain (`eval.chain`): cases, trajectories, base, SFT, RL from the base, RL from SFT, predictions.
The claim is the method's own (arXiv 2511.14900, ablation table, there with one seed and no intervals).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..experiment import Findings
from ..running import check_models, run_chains, stage_commands
from .findings import compare
from .settings import Names, Settings

__all__ = ["Names", "Settings", "commands", "compare", "run"]


def commands(settings: Settings, run_dir: Path, seeds: Sequence[int]) -> list[str]:
    """Every stage of every seed."""
    return stage_commands(settings.template(), run_dir, seeds)


def run(settings: Settings, run_dir: Path, seeds: Sequence[int]) -> Findings:
    """Run the chains that are not finished, and compare."""
    chain = settings.template()
    check_models(chain, settings.names.all)
    labels = {model.name: model.label or model.name for model in chain.models}
    return compare(settings, run_chains(chain, run_dir, seeds), seeds, labels)
