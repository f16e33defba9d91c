"""What an edit does to rewards: which answers earn more or less, which labels lead elsewhere, which golds change.

Granularity here is that of the PAPER reward (equations 5 to 8 of arXiv 2511.14900), asked of `core.reward` itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .change import changes_between
from .concept import Condition
from .delta import Delta
from .fold import basic
from .forms import names, spoken
from .knowledge import Knowledge
from .labels import Ambiguous, Resolution, Resolved
from .naming import IDS, Naming
from .reward import score_rows
from .standing import Standing, standing
from .telling import told

# What is said of a concept that stands for nothing any more. People who train and people who treat read the same words.
GONE = " is gone: no image can have it as its diagnosis any more"


@dataclass(frozen=True, slots=True)
class GoldEffect:
    """One gold whose rewards change.

    `more` and `less` count the answers (concepts of both releases) that earn more or less granularity for it, and
    `largest` is the change of greatest size among them, a loss where a gain is as large, in units of the reward.
    `levels` and `conditions` are (before, after).
    """

    concept: str
    levels: tuple[int, int]
    conditions: tuple[Condition | None, Condition | None]
    more: int
    less: int
    largest: float = 0.0


@dataclass(frozen=True, slots=True)
class LabelEffect:
    """One label that leads somewhere else than before. Empty tuple: to no concept."""

    label: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    dataset: str = ""


@dataclass(frozen=True, slots=True)
class RewardEffect:
    """The effect of replacing one release by another, over the concepts that both hold.

    `lost` are the golds that name no concept any more; `replaced` those that another stands for: (old, new).
    """

    golds: tuple[GoldEffect, ...]
    labels: tuple[LabelEffect, ...]
    lost: tuple[str, ...]
    replaced: tuple[tuple[str, str], ...] = ()

    @property
    def pairs(self) -> int:
        """How many (answer, gold) pairs earn another granularity than before."""
        return sum(gold.more + gold.less for gold in self.golds)

    def sentences(self, call: Naming = IDS) -> tuple[str, ...]:
        """Plain words, the gravest first: golds lost, conditions, levels, labels."""
        found = [f"{call.concept(concept)}{GONE}" for concept in self.lost]
        found += [
            f"images of {call.concept(concept)} count as images of {call.concept(now)} from now on"
            for concept, now in self.replaced
        ]
        for gold in self.golds:
            before, after = (condition.value if condition else "mixed" for condition in gold.conditions)
            if before != after:
                found.append(
                    f"{call.concept(gold.concept)}: the condition that scores is {after}, before it was {before}"
                )
        for gold in self.golds:
            old, new = gold.levels
            level = f"level {new} instead of {old}, " if old != new else ""
            if gold.more or gold.less:
                more = "1 answer scores" if gold.more == 1 else f"{gold.more} answers score"
                found.append(f"{call.concept(gold.concept)}: {level}{more} higher and {gold.less} lower")
        for label in self.labels:
            where = f" of {label.dataset}" if label.dataset else ""
            before, after = (" or ".join(map(call.concept, ids)) or "nothing" for ids in (label.before, label.after))
            found.append(f"the label {label.label!r}{where} names {after}, before {before}")
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Difference:
    """Two releases compared, for people: what was done, and what it does to PAPER rewards."""

    changes: tuple[str, ...]
    rewards: tuple[str, ...]
    pairs: int


def difference(old: Knowledge, new: Knowledge, call: Naming = IDS) -> Difference:
    """The diff of two releases in sentences and in reward terms. `pairs` counts (answer, gold) pairs that change.

    By names, which is for people, a change says what was and what is; by ids it says what now holds.
    """
    effect, changes = reward_effect(old, new), changes_between(old, new)
    said = (change.sentence() if call is IDS else told(change, old, call) for change in changes)
    return Difference(tuple(said), effect.sentences(call), effect.pairs)


# A thousandth is far below what a level is worth and far above a rounding error.
_NOTICED = 1e-3


def reward_effect(old: Knowledge, new: Knowledge) -> RewardEffect:
    """Compare two releases by what they pay. Time grows with what was edited and what stands beneath it."""
    delta = Delta.between(old.concepts, new.concepts)
    return effect_of(old, new, delta, placed_between(old, new, delta))


def effect_of(old: Knowledge, new: Knowledge, delta: Delta, stand: Standing) -> RewardEffect:
    """The same, where what was edited (`Delta.between`) and stands elsewhere (`placed_between`) is known already."""
    paid = _granularity_changes(old, new, stand)
    golds = []
    for concept in sorted(paid.keys() | _rejudged(old, new, delta)):
        levels = (old.level(concept), new.level(concept))
        conditions = (old.condition(concept), new.condition(concept))
        golds.append(GoldEffect(concept, levels, conditions, *paid.get(concept, (0, 0, 0.0))))
    gone = {
        concept: new.successors(concept) if concept in new.retired else ()
        for concept in delta.placed - new.concepts.keys()
    }
    lost = tuple(sorted(concept for concept, now in gone.items() if len(now) != 1))
    replaced = tuple(sorted((concept, now[0]) for concept, now in gone.items() if len(now) == 1))
    return RewardEffect(tuple(golds), _labels(old, new, delta), lost, replaced)


def _rejudged(old: Knowledge, new: Knowledge, delta: Delta) -> set[str]:
    """What has another condition than before. It is derived from members: only an edit beneath can change it."""
    edited = delta.placed | delta.conditioned
    above = {concept for state in (old, new) for concept in state.taxonomy.upward(edited & state.concepts.keys())}
    kept = above & old.concepts.keys() & new.concepts.keys()
    return {concept for concept in kept if old.condition(concept) is not new.condition(concept)}


def _granularity_changes(old: Knowledge, new: Knowledge, stand: Standing) -> dict[str, tuple[int, int, float]]:
    """For each gold whose granularity changes: how many answers earn more, how many less, and the largest change.

    An answer earns by the levels of itself and the gold, and only where it is the gold or above it. Both can change
    only at and beneath the concepts that were placed elsewhere, and only for answers on the gold's paths.
    """
    change = score_rows(*stand.after, new) - score_rows(*stand.before, old)
    noticed = np.flatnonzero(np.abs(change) > _NOTICED)
    golds, earned = stand.pairs[noticed], np.round(change[noticed], 6)
    more, less = (np.bincount(golds[gains], minlength=len(stand.concepts)) for gains in (earned > 0, earned < 0))
    # The first of each gold, the greatest change leading, is its largest.
    order = np.lexsort((earned, -np.abs(earned), golds))
    which, first = np.unique(golds[order], return_index=True)
    found = zip(which, more[which], less[which], earned[order][first], strict=True)
    return {stand.concepts[gold]: (int(up), int(down), float(most)) for gold, up, down, most in found}


def placed_between(old: Knowledge, new: Knowledge, delta: Delta) -> Standing:
    """Where everything at and beneath the concepts that were placed elsewhere stands, and stood."""
    below = new.taxonomy.downward(delta.placed & new.concepts.keys()) & old.concepts.keys()
    return standing(old.taxonomy, new.taxonomy, below)


def _labels(old: Knowledge, new: Knowledge, delta: Delta) -> tuple[LabelEffect, ...]:
    """What leads elsewhere of all the labels and crosswalk entries of the old release.

    A label that somebody bears leads to its bearers, so only the labels of relabelled concepts can lead elsewhere, and
    theirs who bear the same.
    """
    touched = {
        label
        for knowledge in (old, new)
        for concept in delta.relabelled & knowledge.concepts.keys()
        for label in names(knowledge.concepts[concept])
    }
    alike = {basic(label) for label in touched}
    asked = {
        (label, "")
        for concept in {id_ for label in touched for id_ in old.labels.bearers(label)}
        for label in spoken(old.concepts[concept])
        if basic(label) in alike
    }
    if old.crosswalk != new.crosswalk:
        kept = set(new.crosswalk)
        asked |= {(entry.label, entry.dataset) for entry in old.crosswalk if entry not in kept}
    found = []
    for label, dataset in sorted(asked):
        was, now = (concepts_of(knowledge.resolve(label, dataset=dataset or None)) for knowledge in (old, new))
        if was != now:
            found.append(LabelEffect(label, was, now, dataset))
    return tuple(found)


def concepts_of(found: Resolution) -> tuple[str, ...]:
    """The concepts that a text may mean, sorted by id; none where it means none."""
    if isinstance(found, Resolved):
        return (found.concept,)
    return tuple(sorted(found.concepts)) if isinstance(found, Ambiguous) else ()
