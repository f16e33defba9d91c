"""The change vocabulary: every way the knowledge can be edited, as values that apply themselves and read as sentences.

A change never edits in place: `apply` returns new content, which is valid once a `Knowledge` can be built from it.
`changes_between` is the way back, from two releases to what was done: the diff that people read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from .concept import Concept, Condition, CrosswalkEntry, Differential, Feature, Polarity
from .content import Content, Workbench
from .fold import basic, fold
from .forms import names
from .knowledge import Knowledge
from .labels import Resolved, Unresolved
from .naming import IDS, Naming
from .succession import Merge, PutRetired, RemoveRetired, Retire, Split


@dataclass(frozen=True, slots=True)
class PutConcept:
    """Add a concept, or state it anew."""

    concept: Concept

    def apply(self, content: Content) -> Content:
        return content.with_concept(self.concept)

    def sentence(self, call: Naming = IDS) -> str:
        return f"add '{self.concept.pref_label}'" + (f" ({self.concept.id})" if call is IDS else "")


@dataclass(frozen=True, slots=True)
class Rename:
    """Change the preferred label; the old one stays findable as a synonym."""

    concept: str
    label: str

    def apply(self, content: Content) -> Content:
        old = content.concept(self.concept)
        kept = (*(label for label in old.alt_labels if label != self.label), old.pref_label)
        return content.with_concept(replace(old, pref_label=self.label, alt_labels=kept))

    def sentence(self, call: Naming = IDS) -> str:
        return f"rename {call.concept(self.concept)} to '{self.label}'"


@dataclass(frozen=True, slots=True)
class SetLabels:
    """Replace a concept's synonyms, hidden and ambiguous labels."""

    concept: str
    alt: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()

    def apply(self, content: Content) -> Content:
        old = content.concept(self.concept)
        return content.with_concept(
            replace(old, alt_labels=self.alt, hidden_labels=self.hidden, ambiguous_labels=self.ambiguous)
        )

    def sentence(self, call: Naming = IDS) -> str:
        said = ", ".join(repr(label) for label in self.alt)
        return f"set the synonyms of {call.concept(self.concept)} to {said or 'none'}"


@dataclass(frozen=True, slots=True)
class Move:
    """Give a concept other parents, the primary one first."""

    concept: str
    parents: tuple[str, ...]

    def apply(self, content: Content) -> Content:
        return content.with_concept(replace(content.concept(self.concept), parents=self.parents))

    def sentence(self, call: Naming = IDS) -> str:
        return f"move {call.concept(self.concept)} under {' and '.join(map(call.concept, self.parents)) or 'the top'}"


@dataclass(frozen=True, slots=True)
class SetCondition:
    """State, change or take away a concept's own condition."""

    concept: str
    condition: Condition | None

    def apply(self, content: Content) -> Content:
        return content.with_concept(replace(content.concept(self.concept), condition=self.condition))

    def sentence(self, call: Naming = IDS) -> str:
        condition = self.condition.value if self.condition else "derived"
        return f"set the condition of {call.concept(self.concept)} to {condition}"


@dataclass(frozen=True, slots=True)
class SetProfile:
    """Replace a concept's own feature profile."""

    concept: str
    profile: tuple[tuple[str, Polarity], ...]

    def apply(self, content: Content) -> Content:
        return content.with_concept(replace(content.concept(self.concept), profile=self.profile))

    def sentence(self, call: Naming = IDS) -> str:
        stated = ", ".join(f"{call.feature(feature)} {polarity.value}" for feature, polarity in self.profile)
        return f"set the features of {call.concept(self.concept)}: {stated or 'none'}"


@dataclass(frozen=True, slots=True)
class Describe:
    """Replace what is said about a concept beside its names, place, condition and features."""

    concept: str
    definition: str
    exact_match: tuple[str, ...]
    close_match: tuple[str, ...]
    source: str
    review_status: str

    @classmethod
    def of(cls, concept: Concept) -> Describe:
        """What a concept says of itself now."""
        return cls(
            concept.id,
            concept.definition,
            concept.exact_match,
            concept.close_match,
            concept.source,
            concept.review_status,
        )

    def apply(self, content: Content) -> Content:
        said = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "concept"}
        return content.with_concept(replace(content.concept(self.concept), **said))

    def sentence(self, call: Naming = IDS) -> str:
        matches = f" and {len(self.exact_match) + len(self.close_match)} matches"
        return f"describe {call.concept(self.concept)} as '{self.definition}' ({self.review_status}){matches}"


@dataclass(frozen=True, slots=True)
class PutFeature:
    """Add a feature, or state it anew."""

    feature: Feature

    def apply(self, content: Content) -> Content:
        return content.with_item("features", self.feature.id, self.feature)

    def sentence(self, call: Naming = IDS) -> str:
        id_ = f" ({self.feature.id})" if call is IDS else ""
        return f"add the {self.feature.kind.value} feature '{self.feature.pref_label}'{id_}"


@dataclass(frozen=True, slots=True)
class RemoveFeature:
    """Take a feature away. Profiles and differentials must have let go of it."""

    feature: str

    def apply(self, content: Content) -> Content:
        return content.without_item("features", self.feature)

    def sentence(self, call: Naming = IDS) -> str:
        return f"remove the feature {call.feature(self.feature)}"


@dataclass(frozen=True, slots=True)
class Remove:
    """Take a concept away. Its differentials and crosswalk meanings must be moved first."""

    concept: str

    def apply(self, content: Content) -> Content:
        content.concept(self.concept)
        return content.without_item("concepts", self.concept)

    def sentence(self, call: Naming = IDS) -> str:
        return f"remove {call.concept(self.concept)}"


@dataclass(frozen=True, slots=True)
class PutDifferential:
    """Add a differential, or state it anew."""

    differential: Differential

    def apply(self, content: Content) -> Content:
        return content.with_item("differentials", self.differential.id, self.differential)

    def sentence(self, call: Naming = IDS) -> str:
        edge = self.differential
        signs = ", ".join(map(call.feature, edge.features))
        return f"tell {call.concept(edge.a)} from {call.concept(edge.b)} by {signs} ({edge.strength.value})"


@dataclass(frozen=True, slots=True)
class RemoveDifferential:
    a: str
    b: str

    def apply(self, content: Content) -> Content:
        return content.without_item("differentials", f"{min(self.a, self.b)}--{max(self.a, self.b)}")

    def sentence(self, call: Naming = IDS) -> str:
        return f"no longer list {call.concept(self.a)} and {call.concept(self.b)} as differentials"


@dataclass(frozen=True, slots=True)
class PutCrosswalk:
    """Say what a dataset's label means."""

    entry: CrosswalkEntry

    def apply(self, content: Content) -> Content:
        return content.with_item("crosswalk", (self.entry.dataset, self.entry.label), self.entry)

    def sentence(self, call: Naming = IDS) -> str:
        meaning = " or ".join(map(call.concept, self.entry.concepts)) or "not a disease"
        return f"read '{self.entry.label}' of {self.entry.dataset} as {meaning}"


@dataclass(frozen=True, slots=True)
class RemoveCrosswalk:
    dataset: str
    label: str

    def apply(self, content: Content) -> Content:
        return content.without_item("crosswalk", (self.dataset, self.label))

    def sentence(self, call: Naming = IDS) -> str:  # noqa: ARG002 - as all changes have it
        return f"read '{self.label}' of {self.dataset} by its ordinary names again"


Change = (
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
    | RemoveRetired
)


def all_light(changes: Iterable[Change], content: Content, know: Knowledge) -> bool:
    """`is_light` for changes that are made one after the other. Those after the first grave one are not looked at."""
    made: Content = Workbench.opened(content)
    for change in changes:
        if not is_light(change, made, know):
            return False
        made = change.apply(made)
    return True


def is_light(change: Change, content: Content, know: Knowledge) -> bool:
    """Whether a change is a synonym added, a spelling mended or a definition reworded: what one trusted person may do.

    Everything else moves what answers earn, or takes something away, and wants a second pair of eyes. So does a name
    that means something already: "carcinoma, basal cell" as a synonym of melanoma would turn every such answer.

    Args:
        content: what the change is made to.
        know: what names mean now.
    """
    match change:
        case SetLabels():
            old = content.concept(change.concept)
            stay = {fold(label) for label in (*change.alt, *change.hidden)}
            lost = [label for label in (*old.alt_labels, *old.hidden_labels) if fold(label) not in stay]
            new = {*change.alt, *change.hidden}.difference(names(old))
            as_before = sorted(change.ambiguous) == sorted(old.ambiguous_labels)
            return not lost and as_before and all(_is_free(label, old.id, know) for label in new)
        case Rename():
            alike = fold(change.label) == fold(content.concept(change.concept).pref_label)
            return alike and _is_free(change.label, change.concept, know)
        case Describe():
            old = content.concept(change.concept)
            reworded = replace(Describe.of(old), definition=change.definition) == change
            return reworded and bool(change.definition.strip())
        case _:
            return False


def _is_free(label: str, concept: str, know: Knowledge) -> bool:
    """Whether a text means this concept already or nothing yet: by itself, in a dataset, as a retired name."""
    found = know.resolve(label)
    unknown = isinstance(found, Unresolved) and found.reason == "unknown"
    own = isinstance(found, Resolved) and found.concept == concept
    said = basic(label)
    elsewhere = [entry.concepts for entry in know.labels.entries(label)]
    elsewhere += [know.successors(gone.id) for gone in know.retired.values() if basic(gone.pref_label) == said]
    return (own or unknown) and all(meant == (concept,) for meant in elsewhere)


def apply_all(changes: Iterable[Change], content: Content) -> Content:
    """The content after some changes, made one after the other.

    Raises:
        UnknownConcept: a change is about a concept that is not there.
        KnowledgeInvalid: a change cannot be made to what is there.
    """
    made: Content = Workbench.opened(content)
    for change in changes:
        made = change.apply(made)
    return Content(made.concepts, made.features, made.differentials, made.crosswalk, made.retired)


def changes_between(old: Knowledge, new: Knowledge) -> tuple[Change, ...]:
    """What turns one release into the other: features, concepts, differentials, crosswalks, each in the order of ids.

    `apply_all(changes_between(old, new), Content.of(old))` says what `new` says, all of it.
    """
    return content_changes(Content.of(old), Content.of(new))


def content_changes(old: Content, new: Content) -> tuple[Change, ...]:
    """`changes_between` for statements that need not be a whole: those of a few items, before and after an edit."""
    found: list[Change] = [PutFeature(f) for id_, f in new.features.items() if old.features.get(id_) != f]
    for id_, after in new.concepts.items():
        found += concept_changes(old.concepts.get(id_), after)
    found += [PutRetired(gone) for id_, gone in new.retired.items() if old.retired.get(id_) != gone]
    found += [Remove(id_) for id_ in old.concepts if id_ not in new.concepts and id_ not in new.retired]
    found += [RemoveRetired(id_) for id_ in old.retired if id_ not in new.retired and id_ not in new.concepts]
    found += [PutDifferential(edge) for id_, edge in new.differentials.items() if old.differentials.get(id_) != edge]
    found += [RemoveDifferential(e.a, e.b) for id_, e in old.differentials.items() if id_ not in new.differentials]
    found += [PutCrosswalk(entry) for key, entry in new.crosswalk.items() if old.crosswalk.get(key) != entry]
    found += [RemoveCrosswalk(*key) for key in old.crosswalk if key not in new.crosswalk]
    found += [RemoveFeature(id_) for id_ in old.features if id_ not in new.features]
    return tuple(found)


def concept_changes(before: Concept | None, after: Concept) -> list[Change]:
    """What turns one statement of a concept into another, each part of it on its own."""
    if before is None:
        return [PutConcept(after)]
    found: list[Change] = []
    if before.parents != after.parents:
        found.append(Move(after.id, after.parents))
    if before.condition != after.condition:
        found.append(SetCondition(after.id, after.condition))
    if before.pref_label != after.pref_label:
        found.append(Rename(after.id, after.pref_label))
    # A renaming keeps the old name among the synonyms; where the new release did not, its synonyms are stated after it.
    if before.pref_label != after.pref_label or _labels(before) != _labels(after):
        found.append(SetLabels(after.id, *_labels(after)))
    if dict(before.profile) != dict(after.profile):
        found.append(SetProfile(after.id, after.profile))
    if Describe.of(before) != Describe.of(after):
        found.append(Describe.of(after))
    return found


def _labels(concept: Concept) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    return concept.alt_labels, concept.hidden_labels, concept.ambiguous_labels
