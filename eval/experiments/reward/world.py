"""The toy world of the reward experiment: a drawn hierarchy, and images whose true diagnosis is known only in odds.

Nothing in it is a disease. What it has of the real task is what the reward sees: levels, branches of unequal depth,
conditions that differ within a group, and evidence that is surer about the family than about the member.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kg_service.core.concept import Concept, Condition
from kg_service.core.knowledge import Knowledge

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """`odds[i, l]` is the chance that image i shows leaf l: shape (images, leaves), rows sum to 1."""

    knowledge: Knowledge
    leaves: tuple[str, ...]
    odds: Floats

    @cached_property
    def covers(self) -> Floats:
        """1 where a concept is a leaf or above it: shape (concepts, leaves), concepts as in `taxonomy.ids`."""
        column = {leaf: place for place, leaf in enumerate(self.leaves)}
        found = np.zeros((len(self.knowledge.taxonomy), len(self.leaves)))
        for row, concept in enumerate(self.knowledge.taxonomy.ids):
            for leaf in self.knowledge.taxonomy.leaves(concept):
                found[row, column[leaf]] = 1
        return found


def hierarchy(branching: Sequence[int], *, ragged: bool = False, mixed: bool = False) -> Knowledge:
    """A tree with `branching[k]` children at level k + 1.

    Args:
        ragged: the last branch at the level above the leaves ends there, so that golds differ in depth.
        mixed: every third leaf is malignant, so that groups have no condition of their own.
    """
    found: list[Concept] = []
    count = 0

    def grow(path: tuple[int, ...], parent: tuple[str, ...]) -> None:
        nonlocal count
        for place in range(branching[len(path)]):
            here = (*path, place)
            name = "-".join(map(str, here))
            stub = ragged and len(here) == len(branching) - 1 and place == branching[len(path)] - 1
            leaf = len(here) == len(branching) or stub
            condition = None
            if leaf:
                condition = Condition.MALIGNANT if mixed and count % 3 == 0 else Condition.BENIGN
                count += 1
            found.append(Concept(f"c-{name}", f"concept {name}", parent, condition))
            if not leaf:
                grow(here, (f"c-{name}",))

    grow((), ())
    return Knowledge(found)


def drawn(knowledge: Knowledge, images: int, rng: np.random.Generator, *, blur: float = 0.6) -> World:
    """Images of random leaves.

    From the top down, the child towards the leaf gets a share drawn evenly from [1 - blur / k², 1], k = 1 for the step
    to the leaf itself and one more for each step above; its siblings divide the rest. So the odds of the leaf given
    its parent run evenly over [1 - blur, 1], and families are surer than members.
    """
    taxonomy = knowledge.taxonomy
    leaves = tuple(concept for concept in taxonomy.ids if taxonomy.is_leaf(concept))
    odds = np.zeros((images, len(leaves)))
    for image in range(images):
        lineage = knowledge.lineage(leaves[int(rng.integers(len(leaves)))])
        towards = set(lineage)
        weight: dict[str, float] = {}
        for depth in range(len(lineage)):
            family = taxonomy.tops if depth == 0 else taxonomy.children(lineage[depth - 1])
            others = len(family) - 1
            share = 1 - rng.random() * blur / (len(lineage) - depth) ** 2 if others else 1.0
            before = 1.0 if depth == 0 else weight[lineage[depth - 1]]
            for one in family:
                weight[one] = before * (share if one in towards else (1 - share) / others)
        for place, leaf in enumerate(leaves):
            # Below a branch that was not taken, all leaves are equally likely.
            nearest = next(concept for concept in reversed(knowledge.lineage(leaf)) if concept in weight)
            odds[image, place] = weight[nearest] / taxonomy.count_leaves(nearest)
    return World(knowledge, leaves, odds)
