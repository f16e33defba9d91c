"""The seam between the engine and whoever writes: a task goes in, an outcome comes back."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kg_service.core.case import Case
from kg_service.core.trajectory import Distractor, FactPack, Step

from ..plan import Plan


@dataclass(frozen=True, slots=True)
class Task:
    """One text to be written.

    `name` and `attempt` seed everything that is drawn. `complaints` are what the checks said of the attempt before.
    `image` is the file of the case's image.
    """

    name: str
    case: Case
    pack: FactPack
    plan: Plan
    image: Path
    attempt: int = 0
    complaints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """Steps with their references resolved by `aliases`, and why the writer stopped ("stop" is the good reason).

    `diagnosis` is the concept the writer chose; None where it was told the gold (`answer_visible`). `distractors` are
    those it weighed, where it chose them itself.
    """

    steps: tuple[Step, ...]
    aliases: dict[str, str]
    finish: str = "stop"
    answer_visible: bool = True
    diagnosis: str | None = None
    distractors: tuple[Distractor, ...] | None = None
    request: str = ""
    tokens: int = 0
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Failure:
    """No draft came of it: what went wrong, as a check's code, and what was received. The row may be tried again."""

    code: str
    detail: str
    received: str = ""
    request: str = ""
    tokens: int = 0
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """The request lies in a batch file; a later run will find the answer."""

    request: str


Outcome = Draft | Failure | Waiting


class Writer(Protocol):
    """Fills plans with words. `name` and `version` go into the provenance of every row.

    `templates`: no model wrote it, so that every word can be accounted for. `window`: how many tasks may be under way
    at once. `begin` never blocks for long; the future gives an outcome, and raises only what ends the job (a spent
    budget, a broken endpoint, a wrong key).
    """

    name: str
    version: str
    templates: bool
    window: int

    def begin(self, task: Task) -> Future[Outcome]: ...

    def close(self) -> None: ...
