"""Whether the reward of this installation is the one that is written down, and whether it is fast enough."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from kg_service.core.answer import Answer, render
from kg_service.core.concept import Condition
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import RewardSpec

from ..data import Row
from ..rewards import Reward
from .finding import Finding
from .vectors import VECTORS, wrong

COMPLETIONS = 2000
SHARE = 0.01  # of a step


def vectors() -> Iterator[Finding]:
    """The golden vectors."""
    found = wrong()
    for problem in found:
        yield Finding("reward", "fail", f"{problem}; core/reward was changed, or its numbers in doctor/vectors.py")
    if not found:
        yield Finding("reward", "ok", f"{len(VECTORS)} golden replies earn what the definition says")


def speed(
    rows: Sequence[Row],
    knowledge: Knowledge,
    spec: RewardSpec,
    sequences: int,
    step: float | None,
    *,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[Finding]:
    """Score the rows' own golds as the trainer will, and set that against a step.

    Args:
        sequences: completions of one step.
        step: estimated seconds of one step, None where unknown.
    """
    asked = [rows[place % len(rows)] for place in range(COMPLETIONS)]
    golds = [knowledge.gold(row.gold) for row in asked]
    replies = [
        render(
            Answer(
                "Brown network, irregular border.", knowledge.label(gold), knowledge.condition(gold) or Condition.BENIGN
            )
        )
        for gold in golds
    ]
    reward = Reward(knowledge, spec, clock=clock)
    reward(
        [None] * COMPLETIONS,
        [[{"role": "assistant", "content": reply}] for reply in replies],
        gold=golds,
        condition=[row.condition for row in asked],
        options=[row.options for row in asked],
        path=[row.path for row in asked],
        log_metric=lambda *_: None,
    )
    rate = COMPLETIONS / max(reward.seconds, 1e-9)
    says = f"{rate:,.0f} completions a second"
    if step is None:
        yield Finding("reward speed", "ok", says)
        return
    share = sequences / rate / step
    state = "ok" if share < SHARE else "warn"
    yield Finding("reward speed", state, f"{says}: {share:.2%} of a step of about {step:.1f} s on an H100, by estimate")
