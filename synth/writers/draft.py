"""What every writer gives back, whoever wrote it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Protocol

from kg_service.core.case import Case
from kg_service.core.trajectory import FactPack, Step

from ..plan import Plan


@dataclass(frozen=True, slots=True)
class Draft:
    """Steps with their references resolved by `aliases`, and why the writer stopped ("stop" is the good reason)."""

    steps: tuple[Step, ...]
    aliases: dict[str, str]
    finish: str = "stop"


class Writer(Protocol):
    """Fills a plan with words. `name` and `version` go into the provenance of every row."""

    name: str
    version: str

    def write(self, case: Case, pack: FactPack, plan: Plan, chance: random.Random) -> Draft: ...
