"""What the form of a differential says, and the changes it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import FormData

from ..core.change import Change, PutDifferential, SetProfile
from ..core.comparison import Comparison, Row, Stated, comparison, inherited
from ..core.concept import REVIEWED, Differential, FeatureKind, Polarity, Strength
from ..core.errors import RequestInvalid
from ..core.evidence import attested
from ..core.knowledge import Knowledge
from ..core.profiles import restated
from .forms import field, polarity_of
from .forms import fields as values

SIDES = ("here", "there")


@dataclass(frozen=True, slots=True)
class Line:
    """One feature in the form: how it stands to either side, and whether it tells them apart.

    `inherited`: what each side would have without a statement of its own, and from whom.
    """

    feature: str
    kind: FeatureKind
    chosen: tuple[Polarity | None, Polarity | None]
    inherited: tuple[Stated | None, Stated | None]
    apart: bool


def lines_of(know: Knowledge, found: Comparison) -> tuple[list[Line], list[Line]]:
    """The features to show at once, which differ, and the others."""
    near = [line_of(know, found, row) for row in (*found.listed, *found.contrasts)]
    return near, [line_of(know, found, row) for row in found.rest]


def line_of(know: Knowledge, found: Comparison, row: Row) -> Line:
    sides = (row.here, row.there)
    here, there = (inherited(know, end).get(row.feature) for end in (found.here, found.there))
    chosen = tuple(side.polarity if side else None for side in sides)
    return Line(row.feature, row.kind, (chosen[0], chosen[1]), (here, there), row.listed)


def new_line(know: Knowledge, here: str, there: str, feature: str) -> Line:
    """A feature that is to be added. It tells the two apart: that is why somebody adds it here.

    Raises:
        UnknownFeature: there is none of this id.
    """
    kind = know.feature(feature).kind
    found = comparison(know, here, there)
    row = next((row for row in found.rows if row.feature == feature), Row(feature, kind, None, None, False))
    line = line_of(know, found, row)
    return Line(feature, kind, line.chosen, line.inherited, True)


def changes(know: Knowledge, here: str, there: str, form: FormData) -> list[Change]:
    """What the form asks for: own features of either side where they change, then the differential.

    Raises:
        RequestInvalid: a field says what it cannot.
        UnknownConcept, ConceptRetired, UnknownFeature: something is no longer there.
    """
    for concept in (here, there):
        know.concept(concept)
    named = tuple(dict.fromkeys(values(form, "feature")))
    for feature in named:
        know.feature(feature)
    made: list[Change] = []
    for side, concept in zip(SIDES, (here, there), strict=True):
        wanted = {feature: polarity_of(field(form, f"{side}-{feature}")) for feature in named}
        if change := _profile(know, concept, wanted):
            made.append(change)
    edge = _edge(here, there, named, form)
    if edge != know.ddx.between(here, there):
        made.append(PutDifferential(edge))
    return made


def _profile(know: Knowledge, concept: str, wanted: Mapping[str, Polarity | None]) -> SetProfile | None:
    own = know.concepts[concept].profile
    above = {feature: said.polarity for feature, said in inherited(know, concept).items()}
    said = restated(own, above, wanted)
    return SetProfile(concept, said) if dict(said) != dict(own) else None


def _edge(here: str, there: str, named: tuple[str, ...], form: FormData) -> Differential:
    apart = set(values(form, "apart")) & set(named)
    if not apart:
        raise RequestInvalid("tick at least one feature that tells the two apart")
    try:
        strength = Strength(field(form, "strength"))
    except ValueError:
        raise RequestInvalid("a differential is strong, moderate or weak") from None
    source, status = attested(
        field(form, "source"), owed=bool(field(form, "owed")), reviewed=field(form, "status") == REVIEWED
    )
    a, b = sorted((here, there))
    return Differential(a, b, strength, tuple(sorted(apart)), source, status)
