"""What a part of a report is made of, and what it is made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge

from ..drawing import Plot
from ..metrics import Extras
from ..tables import Table
from .comparison import Comparison

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fold:
    """What is shown when it is asked for; `shown` from the beginning."""

    title: str
    items: tuple[Plot | Table, ...]
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and what they are, as a table without numbers."""

    rows: tuple[tuple[str, str], ...]


Item = Plot | Table | Fold | Facts


@dataclass(frozen=True, slots=True)
class Part:
    """One section: `name` is its anchor, `short` its name in the contents, `lead` paragraphs before all else."""

    name: str
    short: str
    title: str
    items: tuple[Item, ...]
    lead: tuple[str, ...] = ()

    @property
    def tables(self) -> list[Table]:
        """Every table, folded ones too."""
        every = (one for item in self.items for one in (item.items if isinstance(item, Fold) else (item,)))
        return [one for one in every if isinstance(one, Table)]


@dataclass(frozen=True)
class View:
    """What parts are made from.

    `labels` maps run names to what people read. `logs` are training logs by model; `overlap` what evaluation shares
    with training, None where nobody computed it.
    """

    comparison: Comparison
    knowledge: Knowledge
    cases: Sequence[Case]
    labels: Mapping[str, str]
    logs: Mapping[str, Sequence[Mapping[str, float]]]
    overlap: Mapping[str, Any] | None

    @property
    def last(self) -> str:
        """The model a report is about: the last that is named."""
        return self.comparison.models[-1]

    @property
    def answering(self) -> list[str]:
        """The runs that were asked the open question."""
        return [name for name, run in self.comparison.runs.items() if run.opened]

    def each(self, read: Callable[[Extras], T | None]) -> dict[str, T]:
        """One thing of `metrics.extras` by the name of the run, where it was measured."""
        found = {name: read(extras) for name, extras in self.comparison.extras.items()}
        return {name: one for name, one in found.items() if one is not None}

    def concept(self, concept: str | None) -> str:
        return self.knowledge.label(concept) if concept else ""

    def order(self, concept: str) -> tuple[str, ...]:
        """Where a concept stands when the hierarchy is written as a list."""
        return tuple(self.knowledge.label(one) for one in self.knowledge.lineage(concept))
