"""Four ways in which a policy goes wrong while its reward looks well, read off the logged rows.

A row is one line of `metrics.jsonl`. Values that are missing or not finite are passed over. Every function returns one
sentence that says what was seen, or nothing; none says anything before there is enough to compare.

Reward hacking is the proxy rising while what it stands for falls (Skalse et al., arXiv 2209.13085). Granularity
collapse is a hierarchy's own form of it: a coarse answer is safe. KL to the reference says how far a policy has left it
(Stiennon et al., arXiv 2009.01325).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .settings import Name, Watch

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Trend:
    """Means over windows of rows: the last one, and the highest of those that ended before it began.

    `error` is the standard error of their difference by the scatter from row to row (half the mean squared successive
    difference, von Neumann's estimate of a variance, which a trend does not inflate).
    """

    now: float
    best: float
    error: float

    def fell(self, drop: float, least: float, sigmas: float) -> bool:
        """Whether the last is below the best by a share, by an amount, and by more than scatter explains."""
        gap = self.best - self.now
        return gap >= self.best * drop and gap >= least and gap > sigmas * self.error


def series(rows: Rows, name: str) -> list[float]:
    """The finite values of one column, in order."""
    found = (row.get(name) for row in rows)
    return [float(value) for value in found if isinstance(value, int | float) and math.isfinite(value)]


def trend(values: Sequence[float], window: int) -> Trend | None:
    """None while there are fewer than two windows."""
    if len(values) < 2 * window:
        return None
    means = [sum(values[end - window : end]) / window for end in range(window, len(values) + 1)]
    jumps = [(after - before) ** 2 for before, after in pairwise(values)]
    variance = sum(jumps) / len(jumps) / 2
    return Trend(means[-1], max(means[:-window]), math.sqrt(2 * variance / window))


def reward_hacking(rows: Rows, watch: Watch) -> str | None:
    """The format is at its best while fewer answers name a concept, or the right one, or one on the gold's path."""
    rule = watch.hacking
    form = trend([1 - share for share in series(rows, "malformed")], watch.window)
    if form is None or form.now < form.best - rule.slack:
        return None
    fallen = [
        f"{name} fell from {found.best:.2f} to {found.now:.2f}"
        for name in ("resolved", "exact", "reward/granularity")
        if (found := trend(series(rows, name), watch.window)) is not None
        and found.fell(rule.drop, rule.least, watch.sigmas)
    ]
    return f"{form.now:.0%} of the replies are well-formed, but {' and '.join(fallen)}" if fallen else None


def granularity_collapse(rows: Rows, watch: Watch) -> str | None:
    """Answers get coarser while the reward holds: the policy is paid for playing safe."""
    rule = watch.collapse
    level, reward = (trend(series(rows, name), watch.window) for name in ("level", "reward"))
    if level is None or reward is None or not level.fell(rule.drop, rule.least, watch.sigmas):
        return None
    if reward.now < reward.best - rule.hold * abs(reward.best):
        return None
    return f"the mean level of answers fell from {level.best:.2f} to {level.now:.2f} while the reward held at {reward.now:.2f}"  # fmt: skip  # noqa: E501


def forgetting(rows: Rows, watch: Watch) -> str | None:
    """The policy leaves what SFT taught it: the reference, its long reasons, or the trajectories themselves."""
    rule, window = watch.forgetting, watch.window
    found: list[str] = []
    kl = series(rows, "kl")
    if len(kl) >= window and (now := sum(kl[-window:]) / window) > rule.kl:
        found.append(f"KL to the reference is {now:.2g} nats a token")
    words = series(rows, "rationale_words")
    if len(words) >= 2 * window:
        start, now = sum(words[:window]) / window, sum(words[-window:]) / window
        if now < rule.words * start:
            found.append(f"rationales shrank from {start:.0f} to {now:.0f} words")
    loss = series(rows, "watch/sft_loss")
    if len(loss) >= 2 and loss[-1] > loss[0] * (1 + rule.loss):
        found.append(f"the loss on SFT trajectories rose from {loss[0]:.2f} to {loss[-1]:.2f}")
    return "; ".join(found) or None


def image_blindness(rows: Rows, watch: Watch) -> str | None:
    """Blank images earn as much as the real ones: the policy answers without looking.

    Nothing is said while the probes earn next to nothing, for then there is nothing a look could add.
    """
    rule = watch.blindness
    real, blank = (series(rows, f"watch/{name}_reward")[-rule.probes :] for name in ("probe", "blank"))
    if len(real) < rule.probes or len(blank) < rule.probes:
        return None
    seen, unseen = sum(real) / rule.probes, sum(blank) / rule.probes
    if seen <= rule.margin or seen - unseen >= rule.margin:
        return None
    return f"blank images earn {unseen:.2f}, the real ones {seen:.2f}"


SIGNALS: dict[Name, Callable[[Rows, Watch], str | None]] = {
    "reward-hacking": reward_hacking,
    "granularity-collapse": granularity_collapse,
    "forgetting": forgetting,
    "image-blindness": image_blindness,
}


def read(rows: Rows, watch: Watch) -> dict[Name, str]:
    """What each signal that fires has to say, on the rows so far."""
    found: dict[Name, str] = {}
    for name, signal in SIGNALS.items():
        if (why := signal(rows, watch)) is not None:
            found[name] = why
    return found
