"""What each reply of the toy policy earns on each gold, by the project's own reward and by shapes made from it.

The tables come from `core.reward.score_column` on whole rendered replies. Three shapes are no `RewardSpec` and are
made by relabelling its granularity: `flat-path` gives every concept on the gold's path what the gold itself earns,
`exact-only` gives the gold alone anything (the paper's ablation with a binary reward), and `linear` counts depth from
the top without dividing by the gold's own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from kg_service.core.answer import ABSTAIN, Answer, render
from kg_service.core.concept import Condition
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import PAPER, SAFE, RewardSpec, score_column

from .world import World

Floats = NDArray[np.float64]

Shape = Literal["paper", "exact-only", "flat-path", "linear", "no-granularity", "safe"]
Prompt = Literal["specific", "neutral", "may-defer"]
SHAPES: tuple[Shape, ...] = get_args(Shape)
PROMPTS: tuple[Prompt, ...] = get_args(Prompt)

# How much a prompt that asks for the most specific answer favours one more level, as a factor on the odds.
SPECIFIC = 8.0


@dataclass(frozen=True)
class Replies:
    """The replies the policy chooses among: a concept (None abstains) and the condition said beside it."""

    concepts: tuple[str | None, ...]
    conditions: tuple[Condition, ...]
    texts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)


def replies(knowledge: Knowledge) -> Replies:
    """Every concept with every condition its leaves have, and an abstention with each of all of them."""
    found: list[tuple[str | None, Condition]] = []
    everywhere: set[Condition] = set()
    for concept in knowledge.taxonomy.ids:
        said = {knowledge.condition(leaf) for leaf in knowledge.taxonomy.leaves(concept)} - {None}
        found += [(concept, condition) for condition in Condition if condition in said]
        everywhere |= {condition for condition in said if condition is not None}
    found += [(None, condition) for condition in Condition if condition in everywhere]
    texts = [render(Answer("Seen.", ABSTAIN if c is None else knowledge.label(c), said)) for c, said in found]
    return Replies(tuple(c for c, _ in found), tuple(said for _, said in found), tuple(texts))


def spec_of(shape: Shape, granularity: float = 0.75, condition: float = 0.25) -> RewardSpec:
    """The specification a shape starts from, with two of its weights replaced."""
    if shape == "no-granularity":
        return replace(PAPER, name=shape, granularity=0.0, condition=condition)
    return replace(SAFE if shape == "safe" else PAPER, name=shape, granularity=granularity, condition=condition)


def table(
    world: World, offered: Replies, shape: Shape, *, granularity: float = 0.75, condition: float = 0.25
) -> Floats:
    """The total of each reply on each gold, shape (replies, leaves)."""
    spec = spec_of(shape, granularity, condition)
    size = (len(offered), len(world.leaves))
    texts = [text for text in offered.texts for _ in world.leaves]
    scored = score_column(texts, list(world.leaves) * len(offered), world.knowledge, spec)
    total = np.array([one.total for one in scored]).reshape(size)
    earned = np.array([one.granularity for one in scored]).reshape(size)
    return total - earned + _reshaped(shape, earned, world, offered, granularity)


def _reshaped(shape: Shape, earned: Floats, world: World, offered: Replies, granularity: float) -> Floats:
    if shape == "flat-path":
        return np.where(earned > 0, granularity, 0.0)
    if shape == "exact-only":
        gold = np.array([[concept == leaf for leaf in world.leaves] for concept in offered.concepts])
        return np.where(gold, granularity, 0.0)
    if shape == "linear":
        levels = np.array([world.knowledge.level(leaf) for leaf in world.leaves])
        return earned * levels / levels.max()
    return earned


def start(offered: Replies, knowledge: Knowledge, prompt: Prompt) -> Floats:
    """The policy's first logits, shape (replies,), alike for every image: it knows nothing of images yet.

    `neutral` names every concept equally often. `specific` prefers each further level by a factor `SPECIFIC`.
    `may-defer` is neutral and abstains in a tenth of its replies; without it, abstaining never comes up.
    """
    share = np.array([1.0 / sum(other == concept for other in offered.concepts) for concept in offered.concepts])
    if prompt == "specific":
        share *= np.array([0.0 if c is None else SPECIFIC ** knowledge.level(c) for c in offered.concepts])
    named = np.array([concept is not None for concept in offered.concepts])
    defers = 0.1 if prompt == "may-defer" else 0.0
    share = np.where(named, (1 - defers) * share / share[named].sum(), defers / max((~named).sum(), 1))
    with np.errstate(divide="ignore"):
        return np.log(share)
