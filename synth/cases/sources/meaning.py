"""What a dataset's words mean in a release: its labels as concepts, its signs as features."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from kg_service.core.case import Finding
from kg_service.core.errors import GoldUnresolved
from kg_service.core.fold import fold
from kg_service.core.knowledge import Knowledge
from kg_service.core.labels import Ambiguous, Resolved, Unresolved

_SHOWN = 300  # characters of a label, or of what is said about it


@dataclass(frozen=True, slots=True)
class Unknown:
    """A label that names no single concept. `reason` is the resolver's, or "ambiguous"; `rows` are ids."""

    dataset: str
    label: str
    reason: str
    said: str
    rows: tuple[str, ...]

    def __str__(self) -> str:
        named = ", ".join(self.rows[:5]) + (", …" if len(self.rows) > 5 else "")
        return f"{self.label[:_SHOWN]!r}: {len(self.rows)} rows ({named}): {self.said[:_SHOWN]}"


def golds(
    labels: Iterable[tuple[str, str, str]], knowledge: Knowledge
) -> tuple[dict[tuple[str, str], str], list[Unknown]]:
    """The concept of each (dataset, label), and the labels that have none.

    Args:
        labels: (row id, dataset, label) of every row.
    """
    carriers: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row, dataset, label in labels:
        carriers[dataset, label].append(row)
    found: dict[tuple[str, str], str] = {}
    unknown: list[Unknown] = []
    for dataset, label in sorted(carriers):
        try:
            found[dataset, label] = knowledge.gold(label, dataset=dataset)
        except GoldUnresolved as error:
            said = str(error.args[0]).splitlines()[0]
            rows = tuple(carriers[dataset, label])
            unknown.append(Unknown(dataset, label, _reason(label, dataset, knowledge), said, rows))
    return found, unknown


def _reason(label: str, dataset: str, knowledge: Knowledge) -> str:
    match knowledge.resolve(label, dataset=dataset):
        case Unresolved(reason=reason):
            return str(reason)
        case Ambiguous():
            return "ambiguous"
        case Resolved():
            return "unknown"


class Signs:
    """What datasets call features, read with a release; `left_out` counts those it has no single one for."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.left_out: Counter[str] = Counter()
        self._known = knowledge.features
        self._named: dict[str, set[str]] = defaultdict(set)
        for feature in knowledge.features.values():
            for label in feature.labels:
                self._named[fold(label)].add(feature.id)

    def read(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings with feature ids, in order. A feature that is said to be both seen and absent is left out."""
        marks: dict[str, set[bool]] = {}
        for finding in findings:
            found = (
                {finding.feature} if finding.feature in self._known else self._named.get(fold(finding.feature), set())
            )
            if len(found) == 1:
                marks.setdefault(*found, set()).add(finding.present)
            else:
                self.left_out[finding.feature] += 1
        self.left_out.update(feature for feature, said in marks.items() if len(said) > 1)
        return tuple(Finding(feature, *said) for feature, said in marks.items() if len(said) == 1)
