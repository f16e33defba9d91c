"""The chain: knowledge service, synthesis, training and evaluation in one command, each by its own door.

A chain's configuration names the configuration files of the other rooms and what to change in them. In `set`, in
`cases` and in a model's `checkpoint`, `{stage}` stands for that stage's run directory (and makes it a prerequisite),
`{seed}`, `{data}` and `{run}` for the seed, the data folder and the chain's run directory.
"""

from __future__ import annotations

from .evaluating import evaluate
from .planning import fill, placeholders, plan
from .running import run_chain, table
from .settings import ChainConfig, ModelConfig, ProbeConfig, StageConfig

__all__ = [
    "ChainConfig",
    "ModelConfig",
    "ProbeConfig",
    "StageConfig",
    "evaluate",
    "fill",
    "placeholders",
    "plan",
    "run_chain",
    "table",
]
