"""The change vocabulary as JSON: `{"change": "rename", "concept": "melanoma", "label": "…"}` and back.

The same form travels over HTTP and is kept with a proposal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, TypeAdapter
from pydantic.alias_generators import to_camel

from ..core import change as core
from ..core.concept import Concept, Condition, CrosswalkEntry, Differential, Feature, FeatureKind, Polarity, Retired
from ..core.concept import Strength as Step
from . import Wire

MAX_CHANGES = 50_000

# No two hyphens on end: they join the two names of a differential.
_ID = r"^[A-Za-z0-9](?:-?[A-Za-z0-9._])*-?$"
_IRI = r"^[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`]+$"
_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"


def _says_something(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return text


Id = Annotated[str, StringConstraints(pattern=_ID, max_length=120)]
Label = Annotated[
    str, StringConstraints(pattern=_LINE, max_length=500, strip_whitespace=True), AfterValidator(_says_something)
]
MAX_LINE = 2_000
Line = Annotated[str, StringConstraints(pattern=_LINE, max_length=MAX_LINE)]
Text = Annotated[str, StringConstraints(pattern=TEXT, max_length=10_000)]
Iri = Annotated[str, StringConstraints(pattern=_IRI, max_length=1_000)]
Labels = Annotated[tuple[Label, ...], Field(max_length=500)]
Ids = Annotated[tuple[Id, ...], Field(max_length=200)]
Iris = Annotated[tuple[Iri, ...], Field(max_length=200)]
Profile = Annotated[dict[Id, Polarity], Field(max_length=500)]
Review = Literal["reviewed", "unreviewed"]


class Body(Wire):
    """A value of the knowledge as JSON; `core()` is the value itself."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True, frozen=True)

    made: ClassVar[type]

    def core(self) -> Any:
        return self.made(
            **{name: _core(name, getattr(self, name)) for name in type(self).model_fields if name != "change"}
        )


def _core(name: str, value: Any) -> Any:
    if isinstance(value, Body):
        return value.core()
    if name == "profile":
        return tuple(sorted(value.items()))
    if isinstance(value, tuple):
        return tuple(_core("", item) for item in value)
    return value


class ConceptBody(Body):
    """A disease or a group of diseases, as stated (nothing derived or inherited)."""

    made = Concept

    id: Id
    pref_label: Label
    parents: Ids = ()
    condition: Condition | None = None
    alt_labels: Labels = ()
    hidden_labels: Labels = ()
    ambiguous_labels: Labels = ()
    definition: Text = ""
    profile: Profile = Field(default_factory=dict)
    exact_match: Iris = ()
    close_match: Iris = ()
    source: Line = ""
    review_status: Review = "unreviewed"


class FeatureBody(Body):
    """A clinical or dermoscopic sign."""

    made = Feature

    id: Id
    pref_label: Label
    kind: FeatureKind
    alt_labels: Labels = ()
    definition: Text = ""
    close_match: Iris = ()
    source: Line = ""
    review_status: Review = "unreviewed"


class DifferentialBody(Body):
    """Two concepts taken for each other; `a` and `b` in any order."""

    made = Differential

    a: Id
    b: Id
    strength: Step
    features: Annotated[tuple[Id, ...], Field(min_length=1, max_length=200)]
    source: Line = ""
    review_status: Review = "unreviewed"

    def core(self) -> Differential:
        a, b = sorted((self.a, self.b))
        return Differential(a, b, self.strength, self.features, self.source, self.review_status)


class CrosswalkBody(Body):
    """What one label of one dataset means: one concept, several, or (none) no disease."""

    made = CrosswalkEntry

    dataset: Label
    label: Label
    concepts: Ids = ()
    source: Line = ""


class RetiredBody(Body):
    """An id that was a concept once."""

    made = Retired

    id: Id
    pref_label: Label
    replaced_by: Ids = ()
    note: Line = ""


class PutConcept(Body):
    """Add a concept, or state it anew."""

    made = core.PutConcept
    change: Literal["put-concept"]
    concept: ConceptBody


class Rename(Body):
    """Change the preferred label; the old one stays a synonym."""

    made = core.Rename
    change: Literal["rename"]
    concept: Id
    label: Label


class SetLabels(Body):
    """Replace synonyms, hidden and ambiguous labels."""

    made = core.SetLabels
    change: Literal["set-labels"]
    concept: Id
    alt: Labels
    hidden: Labels = ()
    ambiguous: Labels = ()


class Move(Body):
    """Give a concept other parents, the primary one first; none makes it a top concept."""

    made = core.Move
    change: Literal["move"]
    concept: Id
    parents: Ids


class SetCondition(Body):
    """State a concept's own condition; null derives it from the members."""

    made = core.SetCondition
    change: Literal["set-condition"]
    concept: Id
    condition: Condition | None


class SetProfile(Body):
    """Replace a concept's own feature profile."""

    made = core.SetProfile
    change: Literal["set-profile"]
    concept: Id
    profile: Profile


class Describe(Body):
    """Replace definition, matches, source and review status."""

    made = core.Describe
    change: Literal["describe"]
    concept: Id
    definition: Text
    exact_match: Iris
    close_match: Iris
    source: Line
    review_status: Review


class PutFeature(Body):
    """Add a feature, or state it anew."""

    made = core.PutFeature
    change: Literal["put-feature"]
    feature: FeatureBody


class RemoveFeature(Body):
    """Take a feature away that nothing uses any more."""

    made = core.RemoveFeature
    change: Literal["remove-feature"]
    feature: Id


class Remove(Body):
    """Take a concept away as if it had never been. To retire one that was released, use `retire`."""

    made = core.Remove
    change: Literal["remove"]
    concept: Id


class PutDifferential(Body):
    """Add a differential, or state it anew."""

    made = core.PutDifferential
    change: Literal["put-differential"]
    differential: DifferentialBody


class RemoveDifferential(Body):
    """No longer list two concepts as differentials."""

    made = core.RemoveDifferential
    change: Literal["remove-differential"]
    a: Id
    b: Id


class PutCrosswalk(Body):
    """Say what a dataset's label means."""

    made = core.PutCrosswalk
    change: Literal["put-crosswalk"]
    entry: CrosswalkBody


class RemoveCrosswalk(Body):
    """Read a dataset's label by its ordinary names again."""

    made = core.RemoveCrosswalk
    change: Literal["remove-crosswalk"]
    dataset: Label
    label: Label


class Retire(Body):
    """Deprecate a concept; its id stays known with what replaces it."""

    made = core.Retire
    change: Literal["retire"]
    concept: Id
    replaced_by: Ids = ()
    note: Line = ""


class Merge(Body):
    """Make one concept part of another."""

    made = core.Merge
    change: Literal["merge"]
    concept: Id
    into: Id


class Split(Body):
    """Replace one concept by several; what a part leaves out it takes from the old one."""

    made = core.Split
    change: Literal["split"]
    concept: Id
    parts: Annotated[tuple[ConceptBody, ...], Field(min_length=2, max_length=50)]


class PutRetired(Body):
    """Say of an id that is no concept what replaces it."""

    made = core.PutRetired
    change: Literal["put-retired"]
    retired: RetiredBody


class RemoveRetired(Body):
    """Forget a retired id."""

    made = core.RemoveRetired
    change: Literal["remove-retired"]
    retired: Id


ChangeBody = Annotated[
    PutConcept
    | Rename
    | SetLabels
    | Move
    | SetCondition
    | SetProfile
    | Describe
    | PutFeature
    | RemoveFeature
    | Remove
    | PutDifferential
    | RemoveDifferential
    | PutCrosswalk
    | RemoveCrosswalk
    | Retire
    | Merge
    | Split
    | PutRetired
    | RemoveRetired,
    Field(discriminator="change"),
]

_MANY: TypeAdapter[list[ChangeBody]] = TypeAdapter(list[ChangeBody])


def read_changes(payload: str | bytes) -> tuple[core.Change, ...]:
    """JSON text that `write_changes` made (or a client) -> changes.

    Raises:
        pydantic.ValidationError: it is something else.
    """
    return tuple(body.core() for body in _MANY.validate_json(payload))


def change_rows(changes: Iterable[core.Change]) -> list[dict[str, Any]]:
    """Changes as plain JSON values."""
    return [{"change": _kebab(type(change).__name__), **plain(change)} for change in changes]


def write_changes(changes: Sequence[core.Change]) -> str:
    return _MANY.dump_json(_MANY.validate_python(change_rows(changes)), by_alias=True).decode()


def plain(value: Any) -> Any:
    """A value of the core as JSON values, names in camelCase, a profile as an object."""
    if is_dataclass(value) and not isinstance(value, type):
        return {to_camel(f.name): _field(f.name, getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value


def _field(name: str, value: Any) -> Any:
    return dict(value) if name == "profile" else plain(value)


def _kebab(name: str) -> str:
    return re.sub(r"(?<=.)(?=[A-Z])", "-", name).lower()
