"""The nouns of the knowledge: Concept, Label, Feature, Differential, CrosswalkEntry. Values only, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Condition(StrEnum):
    """What kind of lesion a concept is. The values are the words a reply must use (reward contract, section 1)."""

    BENIGN = "benign"
    PRECANCEROUS = "precancerous or in situ"
    MALIGNANT = "malignant"
    NON_NEOPLASTIC = "non-neoplastic"


class Polarity(StrEnum):
    """How a feature stands to a concept, from the sign that makes the diagnosis to the sign that speaks against it."""

    CHARACTERISTIC = "characteristic"
    PRESENT = "present"
    VARIABLE = "variable"
    ABSENT = "absent"

    @property
    def supports(self) -> bool:
        """Whether finding the feature is compatible with the concept."""
        return self is not Polarity.ABSENT


# What a concept shows as a rule; VARIABLE is compatible with it, and no more.
SHOWN = (Polarity.CHARACTERISTIC, Polarity.PRESENT)


class Strength(StrEnum):
    """How easily two concepts are taken for each other. Three steps: nobody has a better measurement."""

    STRONG = "strong"
    MODERATE = "moderate"
    WEAK = "weak"


class FeatureKind(StrEnum):
    """What a feature describes."""

    MORPHOLOGY = "morphology"
    COLOR = "color"
    BORDER = "border"
    SURFACE = "surface"
    DISTRIBUTION = "distribution"
    SITE = "site"
    DERMOSCOPY = "dermoscopy"
    SYMPTOM = "symptom"


REVIEWED = "reviewed"
UNREVIEWED = "unreviewed"


@dataclass(frozen=True, slots=True)
class Feature:
    """A clinical or dermoscopic sign, in its own SKOS scheme."""

    id: str
    pref_label: str
    kind: FeatureKind
    alt_labels: tuple[str, ...] = ()
    definition: str = ""
    close_match: tuple[str, ...] = ()
    source: str = ""
    review_status: str = UNREVIEWED

    @property
    def labels(self) -> tuple[str, ...]:
        return (self.pref_label, *self.alt_labels)


@dataclass(frozen=True, slots=True)
class Concept:
    """A disease or a group of diseases.

    `parents` starts with the primary parent, which gives the Lineage for display. `condition` is what the knowledge
    states about this concept itself: every leaf has one, a group's is derived (`Knowledge.condition`).
    `profile` holds this concept's own (feature id, Polarity) pairs; `Knowledge.profile` adds what it inherits.
    """

    id: str
    pref_label: str
    parents: tuple[str, ...] = ()
    condition: Condition | None = None
    alt_labels: tuple[str, ...] = ()
    hidden_labels: tuple[str, ...] = ()
    ambiguous_labels: tuple[str, ...] = ()
    definition: str = ""
    profile: tuple[tuple[str, Polarity], ...] = ()
    exact_match: tuple[str, ...] = ()
    close_match: tuple[str, ...] = ()
    source: str = ""
    review_status: str = UNREVIEWED


@dataclass(frozen=True, slots=True)
class Differential:
    """Two concepts taken for each other, and the features that tell them apart.

    Symmetric: stored once with `a < b`. The polarity of each feature on each side is not repeated here: it is the
    one of the two profiles, so that a differential can never contradict the concepts it compares.
    """

    a: str
    b: str
    strength: Strength
    features: tuple[str, ...]
    source: str = ""
    review_status: str = UNREVIEWED

    @property
    def id(self) -> str:
        return f"{self.a}--{self.b}"


@dataclass(frozen=True, slots=True)
class CrosswalkEntry:
    """What one label of one dataset means here: one concept (or group), several, or (none) not a disease."""

    dataset: str
    label: str
    concepts: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Retired:
    """An id that was a concept once and is never given to another: what replaces it, and why it went."""

    id: str
    pref_label: str
    replaced_by: tuple[str, ...] = ()
    note: str = ""
