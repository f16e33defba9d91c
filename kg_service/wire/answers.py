"""What the reading routes answer, as models.

The routes write bytes without building these; the models document them (OpenAPI, generated clients), and a test proves
that every real answer is one of them with no key more and none less. A later version may add keys.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from ..core.answer import Reason as MalformedReason
from ..core.concept import Condition, FeatureKind, Polarity, Strength
from ..core.ddx import Via
from ..core.labels import How
from ..core.labels import Reason as UnresolvedReason
from . import ReleaseInfo

ConditionStatus = Literal["own", "derived", "mixed"]
ReviewStatus = Annotated[str, Field(description="`reviewed` or `unreviewed`")]


class Answer(BaseModel):
    """Keys that mirror SKOS are camelCase on the wire."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Health(Answer):
    """The service answers, and from this release."""

    status: Literal["ok"]
    release: str = Field(description="id of the release it answers from")
    digest: str = Field(description="sha256 of that release's snapshot, `sha256:…`")
    seq: int = Field(description="the last change this worker knows of")


# -- concepts ----------------------------------------------------------------------------------------------------------


class StatedFeature(Answer):
    """One feature of a concept's profile, and the concept (itself or a group above it) that states it."""

    feature: str
    polarity: Polarity
    stated_by: str = Field(alias="from")


class Concept(Answer):
    """A disease or a group of diseases. Parents, children and features are ids; the first parent is the primary one."""

    id: str
    pref_label: str
    alt_labels: list[str]
    ambiguous_labels: list[str] = Field(description="labels it shares with another concept; they resolve to neither")
    condition: Condition | None = Field(description="null for a group whose members differ")
    condition_status: ConditionStatus
    level: int = Field(ge=1, description="longest path from a top concept, which has level 1")
    parents: list[str]
    children: list[str]
    definition: str
    features: list[StatedFeature] = Field(description="the whole profile, what it inherits included")
    exact_match: list[str] = Field(description="IRIs of the same concept elsewhere")
    close_match: list[str]
    source: str
    review_status: ReviewStatus


class ConceptPage(Answer):
    """Concepts, and the cursor of the next page; null where there is none."""

    items: list[Concept]
    next: str | None


# -- differentials -----------------------------------------------------------------------------------------------------


class Contrast(Answer):
    """A feature that tells two concepts apart: its polarity in the concept asked for and in the other."""

    feature: str
    here: Polarity
    there: Polarity


class Neighbour(Answer):
    """Another concept that this one is taken for."""

    concept: str
    pref_label: str
    strength: Strength
    features: list[Contrast]
    source: str
    review_status: ReviewStatus


class Ddx(Answer):
    """Everything a concept is taken for."""

    items: list[Neighbour]


class Distractor(Answer):
    """A candidate to weigh against a diagnosis."""

    concept: str
    pref_label: str


class Distractors(Answer):
    """The candidates, and the rule that found them."""

    via: Via
    items: list[Distractor]


class ComparedFeature(Answer):
    """A feature of either profile; null where that side does not state it."""

    feature: str
    pref_label: str
    here: Polarity | None
    there: Polarity | None


class Comparison(Answer):
    """Two concepts side by side. `strength` is null and `discriminating` empty where no differential joins them."""

    a: str
    b: str
    meet: list[str] = Field(description="the deepest common ancestors-or-self")
    level: int = Field(ge=0, description="level of the meet, 0 for none")
    strength: Strength | None
    discriminating: list[Contrast]
    features: list[ComparedFeature]


class MeetAnswer(Answer):
    """One entry per pair asked, in order."""

    meet: list[list[str]] = Field(description="the deepest common ancestors-or-self of each pair; empty for none")
    level: list[int] = Field(description="their level; 0 for none")


# -- features ----------------------------------------------------------------------------------------------------------


class FeatureRow(Answer):
    """A clinical or dermoscopic sign."""

    id: str
    pref_label: str
    alt_labels: list[str]
    kind: FeatureKind
    definition: str
    close_match: list[str]
    source: str
    review_status: ReviewStatus


class Carrier(Answer):
    """A concept whose own profile states a feature."""

    concept: str
    polarity: Polarity


class Feature(FeatureRow):
    """A feature and the concepts whose own profile states it."""

    concepts: list[Carrier]


class Features(Answer):
    """All features."""

    items: list[FeatureRow]
    next: str | None


# -- text --------------------------------------------------------------------------------------------------------------


class Found(Answer):
    """A concept and its label that matched."""

    id: str
    pref_label: str
    matched: str


class SearchResult(Answer):
    """What holds the searched text, best first."""

    items: list[Found]


class Suggestion(Found):
    """A candidate for a person to judge."""

    similarity: float = Field(ge=0, le=1)


class Suggestions(Answer):
    """Candidates, the most similar first."""

    items: list[Suggestion]


class ResolvedLabel(Answer):
    """What one label names. Exactly one concept where `status` is `resolved`, several where it is `ambiguous`."""

    status: Literal["resolved", "ambiguous", "unresolved", "not-a-disease"]
    concepts: list[str]
    how: How | None = Field(description="the rule that found it")
    matched: str | None = Field(description="the label of ours that matched")
    reason: UnresolvedReason | None = Field(None, description="why there is no concept; absent where there is one")


class ResolveAnswer(Answer):
    """One entry per label asked, in order."""

    results: list[ResolvedLabel]


# -- reward ------------------------------------------------------------------------------------------------------------


class ScoreAnswer(BaseModel):
    """Columns with one entry per row asked, in order. Only `granularity` where labels instead of replies were sent."""

    granularity: list[float]
    total: list[float] | None = None
    format: list[float] | None = None
    condition: list[float] | None = None
    grounding: list[float] | None = None
    predicted: list[str | None] | None = Field(None, description="concept ids that the replies named; null for none")
    malformed: list[MalformedReason | None] | None = Field(None, description="why a reply earned nothing at all")
    condition_scored: list[bool] | None = Field(None, description="false where the gold has no condition of its own")
    abstained: list[bool] | None = None
    release: str
    digest: str
    spec_digest: str = Field(description="sha256 of every constant of the reward")


# -- releases ----------------------------------------------------------------------------------------------------------


class ReleaseList(Answer):
    """Releases, the newest first."""

    items: list[ReleaseInfo]
    next: str | None


class Difference(Answer):
    """Two releases compared: what was done, and what it does to PAPER rewards, in sentences."""

    from_release: str = Field(alias="from")
    to_release: str = Field(alias="to")
    changes: list[str]
    rewards: list[str] = Field(description="the gravest first")
    pairs: int = Field(ge=0, description="how many (answer, gold) pairs earn another granularity")
