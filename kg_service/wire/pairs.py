"""What the routes of differentials and crosswalks answer, as models. See `answers`."""

from __future__ import annotations

from pydantic import Field

from ..core.concept import Polarity, Strength
from .answers import Answer, ReviewStatus


class SidedFeature(Answer):
    """A feature that tells the two apart: its polarity in `a` and in `b`."""

    feature: str
    a: Polarity
    b: Polarity


class Differential(Answer):
    """Two concepts taken for each other; `a` comes before `b` in the alphabet."""

    id: str = Field(description="`{a}--{b}`, the last part of its IRI")
    a: str
    b: str
    strength: Strength
    features: list[SidedFeature]
    source: str
    review_status: ReviewStatus


class DifferentialPage(Answer):
    """Differentials by id, and the cursor of the next page; null where there is none."""

    items: list[Differential]
    next: str | None


class CrosswalkEntry(Answer):
    """What a label of a dataset means: one concept, several (ambiguous), or none (not a disease)."""

    iri: str
    label: str
    concepts: list[str]
    source: str


class Crosswalk(Answer):
    """All labels of one dataset that the crosswalk knows."""

    dataset: str
    items: list[CrosswalkEntry]


class Crosswalks(Answer):
    """The datasets that have a crosswalk."""

    items: list[str]
