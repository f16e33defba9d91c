"""What the rows of an edit come to: values that put one statement each into a draft, and say whether that is news."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ..core.concept import Concept, CrosswalkEntry, Differential, Feature, Polarity
from ..core.content import Content
from ..core.fold import basic
from ..core.knowledge import Knowledge


class Refused(Exception):
    """A row that cannot be used; the message says why, `column` where."""

    def __init__(self, reason: str, column: str = "") -> None:
        super().__init__(f"column {column}: {reason}" if column else reason)


@dataclass(slots=True)
class Draft:
    """Content in the making: unlike `Content` it is changed in place, or ten thousand rows would copy it as often."""

    concepts: dict[str, Concept]
    features: dict[str, Feature]
    differentials: dict[str, Differential]
    crosswalk: dict[tuple[str, str], CrosswalkEntry]
    content: Content

    @classmethod
    def of(cls, content: Content) -> Draft:
        return cls(
            dict(content.concepts),
            dict(content.features),
            dict(content.differentials),
            dict(content.crosswalk),
            content,
        )

    def knowledge(self, previous: Knowledge) -> Knowledge:
        """
        Raises:
            KnowledgeInvalid: the draft contradicts itself.
        """
        whole = replace(
            self.content,
            concepts=self.concepts,
            features=self.features,
            differentials=self.differentials,
            crosswalk=self.crosswalk,
        )
        return whole.knowledge(previous)


class Entry(Protocol):
    """One row, understood.

    `about`: what it states; two rows about one thing contradict each other. `names`: what a finding about the whole
    may call it by. `needs`: ids of new concepts without which it cannot stand.
    """

    @property
    def about(self) -> tuple[str, ...]: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def needs(self) -> tuple[str, ...]: ...
    def apply(self, draft: Draft) -> bool:
        """State it. Returns whether anything is different now."""
        ...


@dataclass(frozen=True, slots=True)
class ConceptEdit:
    """The fields of a concept that differ from what stands."""

    concept: str
    said: Mapping[str, Any]
    needs: tuple[str, ...] = ()

    @property
    def about(self) -> tuple[str, ...]:
        return "concept", self.concept

    @property
    def names(self) -> tuple[str, ...]:
        return (self.concept,)

    def apply(self, draft: Draft) -> bool:
        if self.said:
            draft.concepts[self.concept] = replace(draft.concepts[self.concept], **self.said)
        return bool(self.said)


@dataclass(frozen=True, slots=True)
class ConceptAdded:
    """A concept that is new."""

    concept: Concept
    needs: tuple[str, ...] = ()

    @property
    def about(self) -> tuple[str, ...]:
        return "concept", self.concept.id

    @property
    def names(self) -> tuple[str, ...]:
        return (self.concept.id,)

    def apply(self, draft: Draft) -> bool:
        draft.concepts[self.concept.id] = self.concept
        return True


@dataclass(frozen=True, slots=True)
class TraitEdit:
    """One feature of one concept; without a polarity it is taken away."""

    concept: str
    feature: str
    polarity: Polarity | None
    needs: tuple[str, ...] = ()

    @property
    def about(self) -> tuple[str, ...]:
        return "trait", self.concept, self.feature

    @property
    def names(self) -> tuple[str, ...]:
        return (self.concept,)

    def apply(self, draft: Draft) -> bool:
        concept = draft.concepts[self.concept]
        profile = dict(concept.profile)
        if profile.get(self.feature) is self.polarity:
            return False
        profile.pop(self.feature, None)
        if self.polarity is not None:
            profile[self.feature] = self.polarity
        draft.concepts[self.concept] = replace(concept, profile=tuple(sorted(profile.items())))
        return True


@dataclass(frozen=True, slots=True)
class PairEdit:
    """A differential as it should be; None takes it away."""

    id: str
    edge: Differential | None
    needs: tuple[str, ...] = ()

    @property
    def about(self) -> tuple[str, ...]:
        return "pair", self.id

    @property
    def names(self) -> tuple[str, ...]:
        return (self.id,)

    def apply(self, draft: Draft) -> bool:
        if draft.differentials.get(self.id) == self.edge:
            return False
        if self.edge is None:
            del draft.differentials[self.id]
        else:
            draft.differentials[self.id] = self.edge
        return True


@dataclass(frozen=True, slots=True)
class MeaningEdit:
    """A crosswalk entry as it should be; None takes it away."""

    key: tuple[str, str]
    entry: CrosswalkEntry | None
    needs: tuple[str, ...] = ()
    names: tuple[str, ...] = ()  # no finding of the core can be this row's fault

    @property
    def about(self) -> tuple[str, ...]:
        return "meaning", *map(basic, self.key)

    def apply(self, draft: Draft) -> bool:
        if draft.crosswalk.get(self.key) == self.entry:
            return False
        if self.entry is None:
            del draft.crosswalk[self.key]
        else:
            draft.crosswalk[self.key] = self.entry
        return True


@dataclass(frozen=True, slots=True)
class SignEdit:
    """A feature as it should be."""

    feature: Feature
    needs: tuple[str, ...] = ()
    names: tuple[str, ...] = ()  # nor this one's

    @property
    def about(self) -> tuple[str, ...]:
        return "feature", self.feature.id

    def apply(self, draft: Draft) -> bool:
        if draft.features.get(self.feature.id) == self.feature:
            return False
        draft.features[self.feature.id] = self.feature
        return True


@dataclass(frozen=True, slots=True)
class Nothing:
    """A row that says what stands already."""

    about: tuple[str, ...]
    names: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    def apply(self, draft: Draft) -> bool:  # noqa: ARG002
        return False
