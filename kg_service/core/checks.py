"""What is worth a look in some knowledge: nothing here is wrong, or it could not stand, but somebody should look at it.

What contradicts itself is refused when knowledge is built; counts for an overview are `core.coverage`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from .concept import REVIEWED, Concept, Condition, Differential, Feature, Strength
from .conditions import opposed
from .coverage import Coverage, coverage
from .fold import fold
from .knowledge import Knowledge
from .labels import Ambiguous, Resolved

# Fewer than this of a malignant disease's differentials leave too little to weigh it against.
FEWEST_DIFFERENTIALS = 3
# So few members of a mixed group that differ from the rest may be in the wrong place; more of them are its nature.
_FEW_THAT_DIFFER = 3
_URGENT = {Condition.MALIGNANT, Condition.PRECANCEROUS}


class Name(StrEnum):
    """The checks, the most consequential first."""

    FEW = "few-differentials"
    MIXED = "mixed-groups"
    SHARED = "shared-labels"
    SOURCELESS = "differentials-without-a-source"
    ISOLATED = "without-a-differential"
    FEATURELESS = "without-a-feature"
    LONELY = "groups-of-one"
    LONE = "ambiguous-for-one"
    UNDEFINED = "without-a-definition"
    UNUSED = "unused-features"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at.

    Args:
        concepts: what it is about: a concept; both ends of a differential; all that share a label.
        feature: the feature that it is about, where it is about one.
        label: the label that it is about.
        note: more, in words.
        beside: concepts that explain it, such as the members of a group that differ from the others.
    """

    concepts: tuple[str, ...] = ()
    feature: str = ""
    label: str = ""
    note: str = ""
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One question asked of the knowledge: of how many things, and which of them to look at, the gravest first."""

    name: Name
    asked: int
    findings: tuple[Finding, ...]

    def within(self, concepts: Collection[str]) -> Check:
        """What of it concerns some concepts. Features belong to no branch and stay."""
        kept = (each for each in self.findings if each.feature or any(id_ in concepts for id_ in each.concepts))
        return replace(self, findings=tuple(kept))


@dataclass(frozen=True, slots=True)
class Share:
    """How much of something nobody has reviewed. `branch` is a top concept with all beneath it, else empty."""

    noun: str
    unreviewed: int
    of: int
    branch: str = ""


def checks(know: Knowledge) -> tuple[Check, ...]:
    """Every check, in the order of `Name`."""
    found = coverage(know)
    return tuple(_CHECKS[name](know, found) for name in Name)


def unreviewed(know: Knowledge) -> tuple[Share, ...]:
    """What nobody has reviewed: differentials, features, concepts, and the concepts of each branch."""
    kinds: tuple[tuple[str, Collection[Differential | Feature | Concept]], ...] = (
        ("differential", know.differentials),
        ("feature", know.features.values()),
        ("concept", know.concepts.values()),
    )
    tops = sorted(know.taxonomy.tops, key=know.label)
    branches = ((top, [know.concepts[id_] for id_ in (top, *know.descendants(top))]) for top in tops)
    return (
        *(Share(noun, _unreviewed(blocks), len(blocks)) for noun, blocks in kinds),
        *(Share("concept", _unreviewed(members), len(members), top) for top, members in branches),
    )


def _unreviewed(blocks: Iterable[Differential | Feature | Concept]) -> int:
    return sum(block.review_status != REVIEWED for block in blocks)


# -- the checks --------------------------------------------------------------------------------------------------------


def _few(know: Knowledge, _: Coverage) -> Check:
    urgent = [id_ for id_ in know.concepts if know.taxonomy.is_leaf(id_) and know.condition(id_) in _URGENT]
    counted = {id_: len(know.ddx.neighbour_ids(id_)) for id_ in urgent}
    few = sorted((id_ for id_ in urgent if counted[id_] < FEWEST_DIFFERENTIALS), key=lambda id_: (counted[id_], id_))
    return Check(Name.FEW, len(urgent), tuple(Finding((id_,), note=_differentials(counted[id_])) for id_ in few))


def _mixed(know: Knowledge, _: Coverage) -> Check:
    """Groups in which members differ and none of whose member groups is mixed: there the difference begins."""
    groups = [id_ for id_ in know.concepts if not know.taxonomy.is_leaf(id_)]
    mixed = {id_ for id_ in groups if know.condition(id_) is None}
    begins = [id_ for id_ in sorted(mixed) if not mixed & set(know.children(id_))]
    found = [_members(know, id_) for id_ in begins]
    found.sort(key=lambda each: (not each.beside, len(each.beside), know.label(each.concepts[0])))
    return Check(Name.MIXED, len(groups), tuple(found))


def _members(know: Knowledge, group: str) -> Finding:
    leaves = {id_: know.condition(id_) for id_ in know.taxonomy.leaves(group)}
    (_, most), *rest = ranked = Counter(leaves.values()).most_common()
    differ = sum(count for _, count in rest)
    lone = tuple(id_ for id_, condition in leaves.items() if condition is not ranked[0][0])
    told = ", ".join(f"{count} {condition.value if condition else 'mixed'}" for condition, count in ranked)
    return Finding((group,), note=told, beside=lone if differ <= _FEW_THAT_DIFFER and most > differ else ())


def _shared(know: Knowledge, counted: Coverage) -> Check:
    found = [Finding(ids, label=label) for label, ids in _ambiguous(know).values() if len(ids) > 1]
    found.sort(key=lambda each: (not _opposed(know, each.concepts), each.label.casefold()))
    return Check(Name.SHARED, counted.labels, tuple(found))


def _lone(know: Knowledge, _: Coverage) -> Check:
    stated = _ambiguous(know).values()
    found = sorted((Finding(ids, label=label) for label, ids in stated if len(ids) == 1), key=lambda each: each.label)
    return Check(Name.LONE, len(stated), tuple(found))


def _ambiguous(know: Knowledge) -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Form -> a label that says of itself that it is ambiguous, and what it may mean."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for concept in know.concepts.values():
        for label in concept.ambiguous_labels:
            meant = know.resolve(label)
            if isinstance(meant, Ambiguous):
                ids = meant.concepts
            else:
                ids = (meant.concept,) if isinstance(meant, Resolved) else (concept.id,)
            found.setdefault(fold(label), (label, ids))
    return found


def _sourceless(know: Knowledge, _: Coverage) -> Check:
    steps = {strength: place for place, strength in enumerate(Strength)}
    lacking = [edge for edge in know.differentials if not edge.source.strip()]
    lacking.sort(key=lambda edge: (not _opposed(know, (edge.a, edge.b)), steps[edge.strength], edge.id))
    found = tuple(Finding((edge.a, edge.b), note=edge.strength.value) for edge in lacking)
    return Check(Name.SOURCELESS, len(know.differentials), found)


def _isolated(know: Knowledge, found: Coverage) -> Check:
    return Check(Name.ISOLATED, found.leaves, _each(know, found.isolated))


def _featureless(know: Knowledge, found: Coverage) -> Check:
    lacking = [id_ for id_ in know.concepts if know.taxonomy.is_leaf(id_) and not know.profile(id_)]
    return Check(Name.FEATURELESS, found.leaves, _each(know, lacking))


def _lonely(know: Knowledge, found: Coverage) -> Check:
    alone = [id_ for id_ in know.concepts if len(know.children(id_)) == 1]
    listed = tuple(replace(each, beside=know.children(each.concepts[0])) for each in _each(know, alone))
    return Check(Name.LONELY, found.concepts - found.leaves, listed)


def _undefined(know: Knowledge, found: Coverage) -> Check:
    lacking = [id_ for id_, each in know.concepts.items() if not each.definition.strip()]
    signs = sorted(id_ for id_, each in know.features.items() if not each.definition.strip())
    listed = (*_each(know, lacking), *(Finding(feature=id_) for id_ in signs))
    return Check(Name.UNDEFINED, found.concepts + found.features, listed)


def _unused(_: Knowledge, found: Coverage) -> Check:
    return Check(Name.UNUSED, found.features, tuple(Finding(feature=id_) for id_ in found.unused_features))


_CHECKS: Mapping[Name, Callable[[Knowledge, Coverage], Check]] = {
    Name.FEW: _few,
    Name.MIXED: _mixed,
    Name.SHARED: _shared,
    Name.SOURCELESS: _sourceless,
    Name.ISOLATED: _isolated,
    Name.FEATURELESS: _featureless,
    Name.LONELY: _lonely,
    Name.LONE: _lone,
    Name.UNDEFINED: _undefined,
    Name.UNUSED: _unused,
}


def _each(know: Knowledge, concepts: Iterable[str]) -> tuple[Finding, ...]:
    """One finding for each concept: what is or may become malignant first, then by name."""
    ranked = sorted(concepts, key=lambda id_: (know.condition(id_) not in _URGENT, know.label(id_).casefold(), id_))
    return tuple(Finding((id_,)) for id_ in ranked)


def _opposed(know: Knowledge, concepts: Iterable[str]) -> bool:
    return opposed(map(know.condition, concepts))


def _differentials(number: int) -> str:
    return "no differential" if not number else f"{number} differential{'' if number == 1 else 's'}"
