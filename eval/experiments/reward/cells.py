"""The grid: one trained policy for each combination of shape, weights, prompt and scaling, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kg_service.core.concept import Condition

from .policy import Scale, Schedule, train
from .shapes import Prompt, Replies, Shape, start, table
from .world import World

Floats = NDArray[np.float64]

MEASURES = ("exact", "h_correct", "level", "abstained", "missed")


@dataclass(frozen=True, slots=True)
class Setting:
    """One cell of the grid. `granularity` and `condition` are the weights of those terms."""

    shape: Shape
    prompt: Prompt
    scale: Scale
    granularity: float
    condition: float


@dataclass(frozen=True, slots=True)
class Cell:
    """What became of one setting in one world.

    `learned` holds for each of `MEASURES` one value an image, `best` the same for the reply with the largest expected
    reward among those that the prompt lets come up:
    exact, the chance that the reply names the true leaf; h_correct, that it names it or a concept above it; level, the
    mean level named, 0 for an abstention; abstained; missed, the chance that the image is malignant and the reply says
    that it is not.
    `reached` is the expected reward as a share of the best one's.
    """

    setting: Setting
    learned: dict[str, tuple[float, ...]]
    best: dict[str, tuple[float, ...]]
    reached: float


def settings_of(
    shapes: Sequence[Shape],
    prompts: Sequence[Prompt],
    scales: Sequence[Scale],
    weights: Sequence[tuple[float, float]],
) -> list[Setting]:
    """The full product, without cells that differ only in a weight their shape does not have."""
    found: dict[Setting, None] = {}
    for granularity, condition in weights:
        for shape in shapes:
            weight = 0.0 if shape == "no-granularity" else granularity
            found |= {Setting(shape, p, s, weight, condition): None for p in prompts for s in scales}
    return list(found)


def fill(world: World, offered: Replies, setting: Setting, schedule: Schedule, rng: np.random.Generator) -> Cell:
    """Train one policy and measure it. The odds are known, so nothing is sampled in measuring."""
    rewards = table(world, offered, setting.shape, granularity=setting.granularity, condition=setting.condition)
    logits = start(offered, world.knowledge, setting.prompt)
    chances = train(rewards, world.odds, logits, schedule, rng)
    expected = world.odds @ rewards.T
    possible = np.where(np.isfinite(logits), expected, -np.inf)
    best = np.eye(len(offered))[possible.argmax(axis=1)]
    reached = float((chances * expected).sum() / (best * expected).sum())
    return Cell(setting, _measured(chances, world, offered), _measured(best, world, offered), reached)


def _measured(chances: Floats, world: World, offered: Replies) -> dict[str, tuple[float, ...]]:
    """Every measure for every image. `chances` of shape (images, replies)."""
    taxonomy = world.knowledge.taxonomy
    rows = [taxonomy.row(concept) if concept is not None else -1 for concept in offered.concepts]
    nothing = np.zeros((1, len(world.leaves)))
    right = world.odds @ np.concatenate([world.covers, nothing])[rows].T
    leaf = np.array([concept is not None and taxonomy.is_leaf(concept) for concept in offered.concepts])
    levels = np.array([taxonomy.level(concept) if concept is not None else 0 for concept in offered.concepts])
    malignant = np.array([world.knowledge.condition(one) is Condition.MALIGNANT for one in world.leaves])
    denies = np.array([said is not Condition.MALIGNANT for said in offered.conditions])
    found = {
        "exact": (chances * right * leaf).sum(axis=1),
        "h_correct": (chances * right).sum(axis=1),
        "level": chances @ levels,
        "abstained": chances @ (levels == 0),
        "missed": (chances @ denies) * (world.odds @ malignant),
    }
    return {name: tuple(round(float(value), 6) for value in found[name]) for name in MEASURES}
