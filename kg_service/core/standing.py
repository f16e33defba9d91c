"""Where concepts stand in two states of the hierarchy: what is above them, and what was. Milliseconds for thousands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .taxonomy import Taxonomy

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Standing:
    """Some concepts that two states hold, with themselves and everything above them in either.

    Args:
        concepts: those that are asked about, sorted.
        moved: those of them with other ancestors than before.
        pairs: shape (n,): for each (concept, itself or an ancestor) whose both ends either state knows, the concept's
            place in `concepts`.
        before, after: the same pairs as rows of either state: (ancestors, concepts), each of shape (n,).
    """

    concepts: tuple[str, ...]
    moved: frozenset[str]
    pairs: Rows
    before: tuple[Rows, Rows]
    after: tuple[Rows, Rows]


def standing(before: Taxonomy, after: Taxonomy, concepts: Collection[str]) -> Standing:
    """
    Raises:
        UnknownConcept: one of the states does not hold one of the concepts.
    """
    ids, asked = sorted({*before.ids, *after.ids}), tuple(sorted(concepts))
    place = {id_: at for at, id_ in enumerate(ids)}
    states = (before, after)
    # A pair is one number: the concept's place among those asked about, and the ancestor's among all.
    held, holds = (_above(taxonomy, asked, place) for taxonomy in states)
    moved = np.unique(np.setxor1d(held, holds) // max(1, len(ids)))
    pairs, above = np.divmod(np.union1d(held, holds), max(1, len(ids)))
    rows = [np.full(len(ids), -1, np.int64) for _ in states]
    for known, taxonomy in zip(rows, states, strict=True):
        known[[place[id_] for id_ in taxonomy.ids]] = np.arange(len(taxonomy))
    common = (rows[0][above] >= 0) & (rows[1][above] >= 0)
    pairs, above = pairs[common], above[common]
    own = np.array([place[concept] for concept in asked], np.int64)[pairs]
    return Standing(
        asked,
        frozenset(asked[at] for at in moved.tolist()),
        pairs,
        (rows[0][above], rows[0][own]),
        (rows[1][above], rows[1][own]),
    )


def _above(taxonomy: Taxonomy, concepts: tuple[str, ...], place: dict[str, int]) -> Rows:
    at, above = taxonomy.paths(concepts)
    return at * len(place) + np.array([place[id_] for id_ in taxonomy.ids], np.int64)[above]
