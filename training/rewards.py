"""The one reward callable TRL gets: a thin column around `kg_service.core.reward`.

TRL's own `reward_weights` would be a second place that adds the total, so the terms only go to its `log_metric`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from statistics import fmean
from typing import Any

from kg_service.core.answer import Answer, Dialect, Reason, parse
from kg_service.core.concept import Condition
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import RewardBreakdown, RewardSpec, score_column

Message = dict[str, Any]


class Reward:
    """Callable of TRL 1.16's shape. Returns `core.reward.score(...).total` per completion, never None.

    Args:
        dialect: the tags in which cases are asked and answered.
        clock: seconds, only ever subtracted.

    Attributes:
        seconds: what all calls took together, what they logged included; `calls` counts them.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        spec: RewardSpec,
        *,
        dialect: Dialect = "skin-r1",
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.knowledge = knowledge
        self.spec = spec
        self.dialect: Dialect = dialect
        self.clock = clock
        self.seconds = 0.0
        self.calls = 0
        self.__name__ = spec.name  # TRL names its log entries after it

    def __call__(
        self,
        prompts: Sequence[Any],  # noqa: ARG002 (TRL passes it by name)
        completions: Sequence[Sequence[Message]],
        *,
        gold: Sequence[str],
        condition: Sequence[str],
        options: Sequence[Sequence[str]] | None = None,
        path: Sequence[Sequence[str]] | None = None,
        log_metric: Callable[[str, float], None] | None = None,
        **_: Any,
    ) -> list[float]:
        """
        Args:
            completions: conversational, shape (n,): each a list with one assistant message.
            gold: concept ids, shape (n,).
            condition: what the case states, or an empty string, shape (n,).
            options: labels in the order shown, shape (n, options); a row without any was asked open.
            path: the case's own path of concept ids, shape (n, levels); empty means the gold's lineage.

        Returns:
            Totals, shape (n,).
        """
        began = self.clock()
        replies = [completion[0]["content"] for completion in completions]
        found = score_column(
            replies,
            gold,
            self.knowledge,
            self.spec,
            options=None if options is None else [labels or None for labels in options],
            conditions=[Condition(word) if word else None for word in condition],
            dialect=self.dialect,
            paths=None if path is None else [own or None for own in path],
        )
        if log_metric is not None and found:
            for name, value in self._figures(replies, found, gold):
                log_metric(name, value)
        self.seconds += self.clock() - began
        self.calls += 1
        return [row.total for row in found]

    def _figures(
        self, replies: Sequence[str], found: Sequence[RewardBreakdown], golds: Sequence[str]
    ) -> Iterator[tuple[str, float]]:
        """What is logged of one column.

        TRL averages a name over the calls that logged it. Shares of all replies are therefore logged by every call,
        0 included; means over what only some replies have are left out where no reply has it.
        """
        knowledge, count = self.knowledge, len(found)
        for term in ("format", "granularity", "condition", "grounding"):
            yield f"reward/{term}", fmean(getattr(row, term) for row in found)
        yield "malformed", sum(row.malformed is not None for row in found) / count
        for reason in Reason:
            yield f"malformed/{reason}", sum(row.malformed == reason for row in found) / count
        ids = [knowledge.gold(gold) for gold in golds]
        named = [(row.predicted, gold) for row, gold in zip(found, ids, strict=True) if row.predicted is not None]
        yield "exact", sum(predicted == gold for predicted, gold in named) / count
        yield "on_path", sum(p == gold or knowledge.is_ancestor(p, gold) for p, gold in named) / count
        yield "abstained", sum(row.abstained for row in found) / count
        levels = [knowledge.level(predicted) for predicted, _ in named]
        for level in range(1, int(knowledge.taxonomy.levels.max()) + 1):
            yield f"level/{level}", levels.count(level) / count
        if levels:
            yield "level", fmean(levels)
        answers = [answer for reply in replies if isinstance(answer := parse(reply, dialect=self.dialect), Answer)]
        if answers:
            yield "resolved", len(named) / len(answers)
            yield "rationale_words", fmean(len(answer.rationale.split()) for answer in answers)
