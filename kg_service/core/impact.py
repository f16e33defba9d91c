"""The dry run of an edit, before anybody accepts it: what it does to places, levels, names, images, conditions, rewards
and differentials.

All of it is found by comparing two states of the knowledge, so it is as true of a proposal as of two releases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from .concept import Condition
from .conditions import opposed
from .delta import Delta
from .effect import RewardEffect, concepts_of, effect_of, placed_between
from .impacts import (
    ConditionImpact,
    DifferentialImpact,
    ImageImpact,
    Impact,
    LevelImpact,
    Path,
    PathImpact,
    RetiredImpact,
)
from .knowledge import Knowledge


def impact(before: Knowledge, after: Knowledge, images: Mapping[tuple[str, str], int]) -> Impact:
    """Compare two states of the knowledge.

    Args:
        images: how many images each (dataset, label) has.
    """
    delta = Delta.between(before.concepts, after.concepts)
    stand = placed_between(before, after, delta)
    effect = effect_of(before, after, delta, stand)
    moved = set(stand.moved)
    levels = ((id_, before.level(id_), after.level(id_)) for id_ in stand.concepts)
    return Impact(
        paths=tuple(PathImpact(id_, _paths(before, id_), _paths(after, id_)) for id_ in _restated(before, after)),
        along=tuple(sorted(moved - delta.placed)),
        levels=tuple(LevelImpact(id_, was, now) for id_, was, now in levels if was != now),
        labels=effect.labels,
        images=tuple(_images(before, after, images, moved)),
        golds=effect.golds,
        lost=effect.lost,
        replaced=effect.replaced,
        conditions=tuple(_conditions(before, after, effect, images)),
        differentials=tuple(_differentials(before, after, delta)),
        retired=tuple(
            RetiredImpact(id_, after.successors(id_))
            for id_, gone in after.retired.items()
            if before.retired.get(id_) != gone
        ),
    )


def _restated(before: Knowledge, after: Knowledge) -> list[str]:
    ids = before.concepts.keys() | after.concepts.keys()
    # Most are the very same objects, and comparing those by what they hold takes far longer.
    pairs = ((id_, before.concepts.get(id_), after.concepts.get(id_)) for id_ in ids)
    return sorted(id_ for id_, was, now in pairs if was is not now and was != now)


def _paths(knowledge: Knowledge, concept: str) -> tuple[Path, ...]:
    if concept not in knowledge.concepts:
        return ()
    above = knowledge.taxonomy.parents(concept)
    return tuple((*knowledge.lineage(parent), concept) for parent in above) or ((concept,),)


def _meant(knowledge: Knowledge, dataset: str, label: str) -> tuple[str, ...]:
    return concepts_of(knowledge.resolve(label, dataset=dataset))


def _images(
    before: Knowledge, after: Knowledge, images: Mapping[tuple[str, str], int], moved: set[str]
) -> Iterator[ImageImpact]:
    for (dataset, label), count in sorted(images.items()):
        was, now = _meant(before, dataset, label), _meant(after, dataset, label)
        if was != now or not moved.isdisjoint(now):
            grave = opposed((_judged(before, was), _judged(after, now)))
            yield ImageImpact(dataset, label, count, was, now, grave)


def _judged(knowledge: Knowledge, concepts: Iterable[str]) -> Condition | None:
    """The condition that all of some concepts have."""
    found = {knowledge.condition(concept) for concept in concepts}
    return found.pop() if len(found) == 1 else None


def _conditions(
    before: Knowledge, after: Knowledge, effect: RewardEffect, images: Mapping[tuple[str, str], int]
) -> Iterator[ConditionImpact]:
    rejudged = [gold for gold in effect.golds if gold.conditions[0] is not gold.conditions[1]]
    shown: Counter[tuple[str, ...]] = Counter()
    for (dataset, label), count in images.items() if rejudged else ():
        shown[_meant(before, dataset, label)] += count
    for gold in rejudged:
        was, now = gold.conditions
        stated = any(k.concepts[gold.concept].condition is not None for k in (before, after))
        yield ConditionImpact(
            concept=gold.concept,
            before=was,
            after=now,
            stated=stated,
            conflict=now is None,
            grave=opposed((was, now)),
            images=shown[(gold.concept,)],
        )


def _differentials(before: Knowledge, after: Knowledge, delta: Delta) -> Iterator[DifferentialImpact]:
    old, new = ({(edge.a, edge.b): edge for edge in knowledge.differentials} for knowledge in (before, after))
    # A profile is inherited, so what stands beneath an edited one may show other features too.
    below = after.taxonomy.downward((delta.profiled | delta.placed) & after.concepts.keys()) & before.concepts.keys()
    reprofiled = {concept for concept in below if before.profile(concept) != after.profile(concept)}
    for a, b in sorted(old.keys() | new.keys()):
        if (a, b) not in old:
            yield DifferentialImpact(a, b, "added")
        elif (a, b) not in new:
            yield DifferentialImpact(a, b, "removed")
        elif old[a, b] != new[a, b]:
            yield DifferentialImpact(a, b, "changed")
        elif (a in reprofiled or b in reprofiled) and before.ddx.contrasts(a, b) != after.ddx.contrasts(a, b):
            yield DifferentialImpact(a, b, "contrasts")
