"""Blind and simple baselines. Each writes whole replies through `core.answer`, so that it earns the same metrics.

`BASELINES` are those a configuration can name. All are given the training cases, the folder of the `cases.jsonl`, the
knowledge, and the cases that will be asked about (of which none but `text_only` reads anything, and that not the gold).
The linear probe on a checkpoint's vision tower needs a checkpoint besides: `baselines.probe`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge

from ..backends import FunctionBackend
from .blind import chance, ddx_hub, majority, most_specific, none_of_the_above, position, text_only, uniform
from .pictures import handcrafted, logistic

Baseline = Callable[[Sequence[Case], Path, Knowledge, Sequence[Case]], FunctionBackend]

BASELINES: dict[str, Baseline] = {
    "majority": lambda train, _folder, knowledge, _tested: majority(train, knowledge),
    "chance": lambda train, _folder, knowledge, _tested: chance(train, knowledge),
    "random": lambda train, _folder, knowledge, _tested: uniform(train, knowledge),
    "position": lambda train, _folder, knowledge, _tested: position(train, knowledge),
    "most_specific": lambda train, _folder, knowledge, _tested: most_specific(train, knowledge),
    "ddx_hub": lambda train, _folder, knowledge, _tested: ddx_hub(train, knowledge),
    "none_of_the_above": lambda train, _folder, knowledge, _tested: none_of_the_above(train, knowledge),
    "text_only": lambda train, _folder, knowledge, tested: text_only(train, knowledge, tested),
    "logistic": lambda train, folder, knowledge, _tested: logistic(train, folder, knowledge),
    "handcrafted": lambda train, folder, knowledge, _tested: handcrafted(train, folder, knowledge),
}

__all__ = [
    "BASELINES",
    "Baseline",
    "chance",
    "ddx_hub",
    "handcrafted",
    "logistic",
    "majority",
    "most_specific",
    "none_of_the_above",
    "position",
    "text_only",
    "uniform",
]
