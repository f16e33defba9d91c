"""Two concepts side by side: every feature that either has, the strongest contrast first."""

from __future__ import annotations

from dataclasses import dataclass

from .concept import Differential, FeatureKind, Polarity
from .knowledge import Knowledge

_STEPS = {Polarity.ABSENT: 0, Polarity.VARIABLE: 1, Polarity.PRESENT: 2, Polarity.CHARACTERISTIC: 3}
_KINDS = tuple(FeatureKind)


@dataclass(frozen=True, slots=True)
class Stated:
    """How a feature stands to a concept, and the concept that says so: itself, or one it inherits from."""

    polarity: Polarity
    by: str


@dataclass(frozen=True, slots=True)
class Row:
    """One feature seen from two concepts; None where nothing is stated.

    `listed`: the differential names it as telling the two apart.
    """

    feature: str
    kind: FeatureKind
    here: Stated | None
    there: Stated | None
    listed: bool

    @property
    def weight(self) -> int:
        """How far apart the two lie, in steps from absent over variable and present to characteristic: 0 to 3.

        A side that states nothing is no contrast: nobody looked.
        """
        if self.here is None or self.there is None:
            return 0
        return abs(_STEPS[self.here.polarity] - _STEPS[self.there.polarity])

    @property
    def alike(self) -> bool:
        """Whether both sides state the same."""
        return self.here is not None and self.there is not None and self.weight == 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two concepts and their rows. `edge` is their differential, None where they are not listed as one."""

    here: str
    there: str
    edge: Differential | None
    rows: tuple[Row, ...]

    @property
    def listed(self) -> tuple[Row, ...]:
        """What tells them apart, as the differential says."""
        return tuple(row for row in self.rows if row.listed)

    @property
    def contrasts(self) -> tuple[Row, ...]:
        """What else differs."""
        return tuple(row for row in self.rows if row.weight and not row.listed)

    @property
    def rest(self) -> tuple[Row, ...]:
        """What both have alike, or what is stated of one alone."""
        return tuple(row for row in self.rows if not row.weight and not row.listed)


def comparison(know: Knowledge, here: str, there: str) -> Comparison:
    """Compare two concepts. Seen from the other one it has the same rows in the same order, the sides swapped.

    First what the differential names, then what else differs, the strongest contrast first in both; then the rest.
    Rows of equal weight stand by kind and name.

    Raises:
        UnknownConcept: one of the two is no concept.
        ConceptRetired: one of the two was one once.
    """
    mine, theirs = stated(know, here), stated(know, there)
    edge = know.ddx.between(here, there)
    listed = set(edge.features) if edge else set()
    rows = [
        Row(id_, know.features[id_].kind, mine.get(id_), theirs.get(id_), id_ in listed) for id_ in {*mine, *theirs}
    ]
    rows.sort(key=lambda row: (not row.listed, -row.weight, _KINDS.index(row.kind), _name(know, row), row.feature))
    return Comparison(here, there, edge, tuple(rows))


def stated(know: Knowledge, concept: str) -> dict[str, Stated]:
    """Feature id -> how it stands to a concept and who says so, inherited statements included.

    Raises:
        UnknownConcept, ConceptRetired: it is no concept.
    """
    know.concept(concept)
    # The statement nearest to the concept wins: `Knowledge.profile` says which, here is who makes it.
    by = {feature: each for each in know.lineage(concept) for feature, _ in know.concepts[each].profile}
    return {feature: Stated(polarity, by[feature]) for feature, polarity in know.profile(concept).items()}


def inherited(know: Knowledge, concept: str) -> dict[str, Stated]:
    """Feature id -> how it would stand to a concept without any statement of its own.

    Raises:
        UnknownConcept, ConceptRetired: it is no concept.
    """
    above = know.concept(concept).parents[:1]  # the primary one: a profile comes along the lineage
    return stated(know, above[0]) if above else {}


def _name(know: Knowledge, row: Row) -> str:
    return know.features[row.feature].pref_label.casefold()
