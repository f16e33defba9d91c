"""The one reward callable TRL gets: a thin column around `kg_service.core.reward`.

TRL's own `reward_weights` would be a second place that adds the total, so the terms only go to its `log_metric`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from kg_service.core.concept import Condition
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import RewardSpec, score_column

Message = dict[str, Any]


class Reward:
    """Callable of TRL 1.16's shape. Returns `core.reward.score(...).total` per completion, never None."""

    def __init__(self, knowledge: Knowledge, spec: RewardSpec) -> None:
        self.knowledge = knowledge
        self.spec = spec
        self.__name__ = spec.name  # TRL names its log entries after it

    def __call__(
        self,
        prompts: Sequence[Any],  # noqa: ARG002 (TRL passes it by name)
        completions: Sequence[Sequence[Message]],
        *,
        gold: Sequence[str],
        condition: Sequence[str],
        log_metric: Callable[[str, float], None] | None = None,
        **_: Any,
    ) -> list[float]:
        """
        Args:
            completions: conversational, shape (n,): each a list with one assistant message.
            gold: concept ids, shape (n,).
            condition: what the case states, or an empty string, shape (n,).

        Returns:
            Totals, shape (n,).
        """
        found = score_column(
            [completion[0]["content"] for completion in completions],
            gold,
            self.knowledge,
            self.spec,
            conditions=[Condition(word) if word else None for word in condition],
        )
        if log_metric is not None and found:
            for term in ("format", "granularity", "condition", "grounding"):
                log_metric(f"reward/{term}", sum(getattr(row, term) for row in found) / len(found))
            broken = Counter(row.malformed for row in found if row.malformed)
            log_metric("malformed", broken.total() / len(found))
            for reason, count in sorted(broken.items()):
                log_metric(f"malformed/{reason}", count / len(found))
            exact = sum(row.predicted == self.knowledge.gold(truth) for row, truth in zip(found, gold, strict=True))
            log_metric("exact", exact / len(found))
        return [row.total for row in found]
