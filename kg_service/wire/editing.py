"""What editing takes and answers: proposals, reviews, changes, releases."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ..core.effect import GoldEffect, LabelEffect
from ..core.impacts import (
    ConditionImpact,
    DifferentialImpact,
    ImageImpact,
    LevelImpact,
    PathImpact,
    RetiredImpact,
)
from . import MAX_SEQ, Wire
from .changes import MAX_CHANGES, TEXT, ChangeBody, ConceptBody, DifferentialBody, FeatureBody, Text

Reason = Annotated[str, StringConstraints(pattern=TEXT, strip_whitespace=True, min_length=1, max_length=10_000)]
State = Literal["in-review", "accepted", "declined", "withdrawn"]

_EXAMPLE = {
    "message": "what our clinic calls it",
    "changes": [{"change": "set-labels", "concept": "melanoma", "alt": ["malignant melanoma", "MM of the skin"]}],
}


class ProposalRequest(Wire):
    """Changes, made one after the other, and why. `base` is the `KG-Seq` the author had before them."""

    changes: Annotated[list[ChangeBody], Field(min_length=1, max_length=MAX_CHANGES)]
    message: Reason
    base: Annotated[int, Field(ge=0, le=MAX_SEQ)] | None = None

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})


class ConceptEdit(Wire):
    """A concept stated anew, and why."""

    concept: ConceptBody
    message: Reason


class FeatureEdit(Wire):
    """A feature stated anew, and why."""

    feature: FeatureBody
    message: Reason


class DifferentialEdit(Wire):
    """A differential stated anew, and why."""

    differential: DifferentialBody
    message: Reason


class ReviewRequest(Wire):
    """A decision. Declining takes a reason."""

    verdict: Literal["accept", "decline"]
    reason: Text = ""


class CommentRequest(Wire):
    """A remark."""

    text: Reason


class RevertRequest(Wire):
    """Why a change is taken back."""

    message: Text = ""


class PublishRequest(Wire):
    """`name` is the release's id, its number where none is given."""

    name: Annotated[str, StringConstraints(max_length=64)] = ""
    notes: Text = ""


class ImpactRequest(Wire):
    """Changes that are only tried."""

    changes: Annotated[list[ChangeBody], Field(min_length=1, max_length=MAX_CHANGES)]


class ImpactAnswer(BaseModel):
    """What an edit would do. Every list is sorted by id; `sentences` tell it, the gravest first."""

    paths: list[PathImpact]
    along: list[str]
    levels: list[LevelImpact]
    labels: list[LabelEffect]
    images: list[ImageImpact]
    golds: list[GoldEffect]
    lost: list[str]
    replaced: list[tuple[str, str]]
    conditions: list[ConditionImpact]
    differentials: list[DifferentialImpact]
    retired: list[RetiredImpact]
    images_affected: int = Field(description="images whose gold is another concept, or stands elsewhere")
    pairs: int = Field(description="(answer, gold) pairs that earn another granularity")
    grave: bool = Field(description="something malignant would be harmless, or the other way round")
    sentences: list[str]


class ReviewInfo(BaseModel):
    """What was decided, by whom and why."""

    reviewer: str
    verdict: str
    reason: str
    at: str


class CommentInfo(BaseModel):
    """A remark on a proposal."""

    author: str
    text: str
    at: str


class ProposalInfo(BaseModel):
    """A proposal without its changes."""

    number: int
    state: State
    author: str
    at: str
    message: str
    base: int = Field(description="the last change its author knew of")
    light: bool = Field(description="synonyms and typos only")
    reverts: int | None = Field(description="the change it takes back")
    change: int | None = Field(description="the change it became")
    review: ReviewInfo | None


class ProposalDetail(ProposalInfo):
    """`blocked` says why accepting it now would be refused; empty where it would not, or where it is decided."""

    changes: list[dict[str, Any]]
    sentences: list[str]
    comments: list[CommentInfo]
    blocked: str


class ProposalList(BaseModel):
    """Proposals, the newest first."""

    items: list[ProposalInfo]
    next: int | None = Field(description="give it as `before` to go on")


class ChangeInfo(BaseModel):
    """An entry of the log."""

    seq: int
    at: str
    author: str
    message: str
    proposal: int | None
    hash: str


class ChangeDetail(ChangeInfo):
    """With its statements as canonical N-Quads, the nodes it was about, and its place in the hash chain."""

    added: str
    removed: str
    touched: list[str]
    previous: str


class ChangeList(BaseModel):
    """The newest first."""

    items: list[ChangeInfo]
    next: int | None = Field(description="give it as `before` to go on")


class ReleaseNotes(BaseModel):
    """What a release brings over the one before it."""

    release: str
    previous: str | None
    signed_by: str
    notes: str
    changes: list[str]
    rewards: list[str]
    pairs: int
