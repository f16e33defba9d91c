"""A softmax policy with one row of logits an image, trained as GRPO trains: groups of samples, advantages within them.

`scale` is TRL's `scale_rewards`: "group" divides a group's advantages by their standard deviation (GRPO,
arXiv 2402.03300), "none" does not (Dr. GRPO, arXiv 2503.20783) and follows the gradient of the expected reward.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Scale = Literal["group", "none"]

_EPSILON = 1e-4  # as TRL 1.16 adds it to the standard deviation


@dataclass(frozen=True, slots=True)
class Schedule:
    """How a policy is trained: `samples` replies in a group, `rate` the step size on the logits.

    `beta` weighs the KL divergence from the policy at the start, whose gradient is taken exactly. What is best for
    expected reward and divergence together has chances in proportion to exp(start + expected reward / beta).
    """

    scale: Scale
    samples: int
    steps: int
    rate: float
    beta: float


def train(rewards: Floats, odds: Floats, start: Floats, schedule: Schedule, rng: np.random.Generator) -> Floats:
    """Policy gradient by sampling; in each step every image is asked once, with a gold drawn from its odds.

    Args:
        rewards: (replies, leaves). odds: (images, leaves). start: logits of shape (replies,); -inf is never sampled.

    Returns:
        The final chances of every reply, shape (images, replies).
    """
    images, count = len(odds), len(start)
    never = np.isneginf(start)
    start_rows = np.where(never, 0.0, start)
    logits = np.tile(start, (images, 1))
    cumulated = np.cumsum(odds, axis=1)[:, :-1]
    rows = np.arange(images)[:, None] * count
    for _ in range(schedule.steps):
        chances = softmax(logits)
        apart = logits - start_rows
        apart[:, never] = 0.0
        apart -= (chances * apart).sum(axis=1, keepdims=True)
        gold = (rng.random((images, 1)) > cumulated).sum(axis=1)
        drawn = _draw(chances, rng.random((images, schedule.samples)))
        earned = rewards[drawn, gold[:, None]]
        advantage = earned - earned.mean(axis=1, keepdims=True)
        if schedule.scale == "group":
            advantage /= earned.std(axis=1, ddof=1, keepdims=True) + _EPSILON
        # The advantages of a group sum to 0, so the gradient of its log-probabilities is the counted advantage.
        moved = np.bincount((rows + drawn).ravel(), advantage.ravel(), images * count).reshape(images, count)
        logits += schedule.rate * (moved / schedule.samples - schedule.beta * chances * apart)
    return softmax(logits)


def softmax(logits: Floats) -> Floats:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def _draw(chances: Floats, uniform: Floats) -> NDArray[np.int64]:
    """One categorical draw for each uniform number, both of shape (images, ...): inverse of the cumulated chances."""
    images, count = chances.shape
    # One sorted search over all images: row i lies in [i, i + 1).
    edges = (np.cumsum(chances, axis=1).clip(max=1.0) + np.arange(images)[:, None]).ravel()
    places = np.searchsorted(edges, uniform + np.arange(images)[:, None], side="right")
    return np.minimum(places - np.arange(images)[:, None] * count, count - 1)
