"""Where a policy commits to the leaf: the odds of the leaf given its parent at which it stops naming the parent.

Theory. The leaf at level D earns 1 where it is right, its parent (D - 1) / D in any case (equation 7 of arXiv
2511.14900, in shares of the granularity term). So the leaf is the better answer where P(leaf | parent) > (D - 1) / D.
Dividing a group's advantages by their spread undoes this: among samples that name either the leaf or its parent, the
spread is in proportion to the difference of the two rewards, so only its sign is left, and the switch lies at 1/2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import RewardSpec, score_rows

from ...intervals import Interval
from .policy import Scale, Schedule, train
from .shapes import Shape, replies, spec_of, start, table
from .world import World, hierarchy

Floats = NDArray[np.float64]

_FAMILY = 4  # leaves below the parent


@dataclass(frozen=True, slots=True)
class Switch:
    """What the policies trained on one line do at each odds.

    `theory`: the threshold of the reward itself (`thresholds`). `chances`: the P(leaf | parent) tried, ascending;
    `commits`: for each the mean share of leaf among leaf and parent. `found`: where the mean log-odds of leaf against
    parent cross 0, with an interval over repeated trainings.
    """

    shape: Shape
    depth: int
    scale: Scale
    theory: float
    found: Interval
    chances: tuple[float, ...]
    commits: tuple[float, ...]

    @property
    def deviation(self) -> Interval:
        """`found` less `theory`."""
        own = self.found
        return Interval(own.value - self.theory, own.low - self.theory, own.high - self.theory, own.groups)


def line(depth: int) -> Knowledge:
    """One line of `depth` levels that ends in a family of leaves, all of one condition."""
    return hierarchy((*(1 for _ in range(depth - 1)), _FAMILY))


def switch(
    shape: Shape,
    depth: int,
    schedule: Schedule,
    *,
    chances: Sequence[float],
    repeats: int,
    resamples: int,
    rng: np.random.Generator,
) -> Switch:
    """Train policies on one line of `depth` levels whose parent is certain and whose leaf is not.

    Args:
        chances: P(leaf | parent) to try, ascending; the other leaves share the rest.
        repeats: trainings for each, differing in what they sample.
    """
    knowledge = line(depth)
    leaf = next(concept for concept in knowledge.taxonomy.ids if knowledge.taxonomy.is_leaf(concept))
    parent = knowledge.taxonomy.parents(leaf)[0]
    leaves = knowledge.taxonomy.leaves(parent)
    odds = np.array([[p if one == leaf else (1 - p) / (_FAMILY - 1) for one in leaves] for p in chances])
    world = World(knowledge, leaves, np.repeat(odds, repeats, axis=0))
    offered = replies(knowledge)
    final = train(table(world, offered, shape), world.odds, start(offered, knowledge, "neutral"), schedule, rng)
    named = np.array([[c == one for c in offered.concepts] for one in (leaf, parent)], dtype=np.float64)
    share = np.clip((final @ named.T).reshape(len(chances), repeats, 2), 1e-12, None)
    against = np.log(share[..., 0] / share[..., 1])
    tried = np.array(chances)
    drawn = [crossing(tried, against[:, rng.integers(repeats, size=repeats)].mean(axis=1)) for _ in range(resamples)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    commits = (share[..., 0] / share.sum(axis=2)).mean(axis=1)
    return Switch(
        shape=shape,
        depth=depth,
        scale=schedule.scale,
        theory=thresholds(knowledge, spec_of(shape))[0].value,
        found=Interval(crossing(tried, against.mean(axis=1)), float(low), float(high), repeats),
        chances=tuple(chances),
        commits=tuple(round(float(one), 6) for one in commits),
    )


def crossing(x: Floats, y: Floats) -> float:
    """Where `y` crosses 0 upwards for good, by a straight line between neighbours; the nearer end where it does not."""
    below = np.flatnonzero(y < 0)
    if not below.size:
        return float(x[0])
    last = int(below[-1])
    if last == len(x) - 1:
        return float(x[-1])
    return float(x[last] + (x[last + 1] - x[last]) * -y[last] / (y[last + 1] - y[last]))


@dataclass(frozen=True, slots=True)
class Threshold:
    """One leaf of a release: the odds given its primary parent above which naming it earns more granularity."""

    leaf: str
    level: int
    parent_level: int
    value: float


def thresholds(knowledge: Knowledge, spec: RewardSpec) -> list[Threshold]:
    """For every leaf that has a parent, in the order of ids; the granularity term alone.

    Where the leaf is wrong, the truth is one of the parent's other children, each as likely; where it is the only
    child, there is nothing to be wrong about and the threshold is 0.
    """
    taxonomy = knowledge.taxonomy
    found: list[Threshold] = []
    for leaf in taxonomy.ids:
        above = taxonomy.parents(leaf)
        if not above or not taxonomy.is_leaf(leaf):
            continue
        parent = above[0]
        others = [child for child in taxonomy.children(parent) if child != leaf]
        golds = np.array([taxonomy.row(one) for one in (leaf, *others)])
        told = {
            concept: score_rows(np.full(len(golds), taxonomy.row(concept)), golds, knowledge, spec)
            for concept in (leaf, parent)
        }
        right = told[leaf][0] - told[parent][0]
        wrong = (told[parent][1:] - told[leaf][1:]).mean() if others else 0.0
        value = float(wrong / (right + wrong)) if right + wrong > 0 else 1.0
        found.append(Threshold(leaf, taxonomy.level(leaf), taxonomy.level(parent), max(0.0, value)))
    return found
