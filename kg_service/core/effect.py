"""What an edit does to rewards: which answers earn more or less, which labels lead elsewhere, which golds change.

Granularity here is that of the PAPER reward (equations 5 to 8 of arXiv 2511.14900), asked of `core.reward` itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from .change import changes_between
from .concept import Condition
from .knowledge import Knowledge
from .labels import Ambiguous, Resolution, Resolved
from .reward import score_concepts


@dataclass(frozen=True, slots=True)
class GoldEffect:
    """One gold whose rewards change.

    `more` and `less` count the answers (concepts of both releases) that earn more or less granularity for it.
    `levels` and `conditions` are (before, after).
    """

    concept: str
    levels: tuple[int, int]
    conditions: tuple[Condition | None, Condition | None]
    more: int
    less: int


@dataclass(frozen=True, slots=True)
class LabelEffect:
    """One label that leads somewhere else than before. Empty tuple: to no concept."""

    label: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    dataset: str = ""


@dataclass(frozen=True, slots=True)
class RewardEffect:
    """The effect of replacing one release by another, over the concepts that both hold."""

    golds: tuple[GoldEffect, ...]
    labels: tuple[LabelEffect, ...]
    lost: tuple[str, ...]

    @property
    def pairs(self) -> int:
        """How many (answer, gold) pairs earn another granularity than before."""
        return sum(gold.more + gold.less for gold in self.golds)

    def sentences(self) -> tuple[str, ...]:
        """Plain words, the gravest first: golds lost, conditions, levels, labels."""
        found = [f"{concept} can no longer be a gold: it is gone" for concept in self.lost]
        for gold in self.golds:
            before, after = (condition.value if condition else "mixed" for condition in gold.conditions)
            if before != after:
                found.append(f"{gold.concept}: the condition that earns is {after}, before it was {before}")
        for gold in self.golds:
            old, new = gold.levels
            level = f"level {new} instead of {old}, " if old != new else ""
            if gold.more or gold.less:
                found.append(f"{gold.concept}: {level}{gold.more} answers earn more and {gold.less} less")
        for label in self.labels:
            where = f" of {label.dataset}" if label.dataset else ""
            after = " or ".join(label.after) or "nothing"
            found.append(f"the label {label.label!r}{where} names {after}, before {' or '.join(label.before)}")
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Difference:
    """Two releases compared, for people: what was done, and what it does to PAPER rewards."""

    changes: tuple[str, ...]
    rewards: tuple[str, ...]
    pairs: int


def difference(old: Knowledge, new: Knowledge) -> Difference:
    """The diff of two releases in sentences and in reward terms. `pairs` counts (answer, gold) pairs that change."""
    effect = reward_effect(old, new)
    return Difference(
        tuple(change.sentence() for change in changes_between(old, new)), effect.sentences(), effect.pairs
    )


# Golds compared at once: 256 columns of 10,000 answers take 20 MB a release.
_CHUNK = 256


def reward_effect(old: Knowledge, new: Knowledge) -> RewardEffect:
    """Compare two releases by what they pay. Time grows with the square of the number of concepts."""
    both = [concept for concept in old.concepts if concept in new.concepts]
    golds: list[GoldEffect] = []
    for start in range(0, len(both), _CHUNK):
        part = both[start : start + _CHUNK]
        before, after = (score_concepts(both, part, knowledge) for knowledge in (old, new))
        # A thousandth is far below what a level is worth and far above a rounding error.
        more, less = (after > before + 1e-3).sum(axis=0), (after < before - 1e-3).sum(axis=0)
        for column, concept in enumerate(part):
            levels = (old.level(concept), new.level(concept))
            conditions = (old.condition(concept), new.condition(concept))
            if more[column] or less[column] or conditions[0] is not conditions[1]:
                golds.append(GoldEffect(concept, levels, conditions, int(more[column]), int(less[column])))
    lost = tuple(concept for concept in old.concepts if concept not in new.concepts)
    return RewardEffect(tuple(golds), _labels(old, new), lost)


def _labels(old: Knowledge, new: Knowledge) -> tuple[LabelEffect, ...]:
    asked = {(label, "") for c in old.concepts.values() for label in (c.pref_label, *c.alt_labels, *c.hidden_labels)}
    asked |= {(entry.label, entry.dataset) for entry in old.crosswalk}
    found = []
    for label, dataset in sorted(asked):
        was, now = (_concepts(knowledge.resolve(label, dataset=dataset or None)) for knowledge in (old, new))
        if was != now:
            found.append(LabelEffect(label, was, now, dataset))
    return tuple(found)


def _concepts(found: Resolution) -> tuple[str, ...]:
    if isinstance(found, Resolved):
        return (found.concept,)
    return tuple(sorted(found.concepts)) if isinstance(found, Ambiguous) else ()
