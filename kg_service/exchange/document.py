"""All that one file states, for an import that edits: rows of concepts, and what is said about features and pairs.

None in a field means that the file has no such column, so that what stands is left as it is.
"""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass

from ..core.concept import Feature, Retired
from .row import Incoming


@dataclass(frozen=True, slots=True)
class Trait:
    """One feature of one concept. `polarity` is a word; `remove` takes the feature out of the profile."""

    concept: str
    feature: str
    polarity: str
    remove: bool
    place: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A differential, its ends in either order. `remove` takes it away."""

    a: str
    b: str
    strength: str | None
    features: tuple[str, ...] | None
    source: str | None
    review_status: str | None
    remove: bool
    place: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a dataset's label means; no concept at all: it names no disease. `remove` takes the entry away."""

    dataset: str
    label: str
    concepts: tuple[str, ...] | None
    source: str | None
    remove: bool
    place: str


@dataclass(frozen=True, slots=True)
class Sign:
    """A feature itself; `stated` names the fields of `Feature` that the file speaks of."""

    feature: Feature
    stated: frozenset[str]
    place: str


@dataclass(frozen=True, slots=True)
class Gone:
    """An id that the file says is retired."""

    retired: Retired
    place: str


@dataclass(frozen=True, slots=True)
class Document:
    """Everything a file says.

    `stated` names the fields of `Concept` that the rows speak of: what is not among them they leave as it is.
    """

    rows: tuple[Incoming, ...] = ()
    stated: frozenset[str] = frozenset()
    traits: tuple[Trait, ...] = ()
    pairs: tuple[Pair, ...] = ()
    meanings: tuple[Meaning, ...] = ()
    signs: tuple[Sign, ...] = ()
    gone: tuple[Gone, ...] = ()

    def __len__(self) -> int:
        """How many rows there are, of whatever kind."""
        kinds: tuple[Sized, ...] = (self.rows, self.traits, self.pairs, self.meanings, self.signs, self.gone)
        return sum(map(len, kinds))
