"""What an edit would do, as values that read as sentences. `core.impact` finds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from .concept import Condition
from .effect import GONE, GoldEffect, LabelEffect
from .naming import IDS, Naming

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PathImpact:
    """One concept that is stated otherwise, and how one gets to it: a path from the top by each of its parents, the
    primary one first. No path: it is no concept in that state."""

    concept: str
    before: tuple[Path, ...]
    after: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class LevelImpact:
    """One concept that stands on another level."""

    concept: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class ConditionImpact:
    """One concept that is judged otherwise; None stands for a mixed group.

    `stated`: it says so itself, before or after; otherwise it follows from its members. `conflict`: its members no
    longer agree. `grave`: malignant becomes harmless or the other way round. `images`: how many images bear a label
    that named this concept.
    """

    concept: str
    before: Condition | None
    after: Condition | None
    stated: bool
    conflict: bool
    grave: bool
    images: int


@dataclass(frozen=True, slots=True)
class ImageImpact:
    """One label of a dataset whose images get another gold, or a gold that stands elsewhere.

    `before` and `after` are the concepts it may mean, none where it means none. `grave`: the images were malignant
    and would be harmless, or the other way round.
    """

    dataset: str
    label: str
    images: int
    before: tuple[str, ...]
    after: tuple[str, ...]
    grave: bool


@dataclass(frozen=True, slots=True)
class DifferentialImpact:
    """One differential that is added, removed, stated otherwise, or (contrasts) shows other polarities because a
    profile changed."""

    a: str
    b: str
    how: Literal["added", "removed", "changed", "contrasts"]


@dataclass(frozen=True, slots=True)
class RetiredImpact:
    """One concept that would be retired, and the concepts that stand for it then."""

    concept: str
    successors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Impact:
    """Everything an edit would do. Every tuple is sorted by id.

    `along`: concepts that keep their parents, but whose ancestors change.
    `labels`, `golds`, `lost`, `replaced`: see `effect.RewardEffect`; granularity in units of the PAPER reward.
    """

    paths: tuple[PathImpact, ...]
    along: tuple[str, ...]
    levels: tuple[LevelImpact, ...]
    labels: tuple[LabelEffect, ...]
    images: tuple[ImageImpact, ...]
    golds: tuple[GoldEffect, ...]
    lost: tuple[str, ...]
    replaced: tuple[tuple[str, str], ...]
    conditions: tuple[ConditionImpact, ...]
    differentials: tuple[DifferentialImpact, ...]
    retired: tuple[RetiredImpact, ...]

    @property
    def images_affected(self) -> int:
        return sum(found.images for found in self.images)

    @property
    def pairs(self) -> int:
        """How many (answer, gold) pairs earn another granularity than before."""
        return sum(gold.more + gold.less for gold in self.golds)

    @property
    def moved(self) -> tuple[PathImpact, ...]:
        """The concepts that are added, removed, or stand elsewhere."""
        return tuple(found for found in self.paths if found.before != found.after)

    @property
    def conflicts(self) -> tuple[ConditionImpact, ...]:
        """The groups whose members no longer agree."""
        return tuple(found for found in self.conditions if found.conflict)

    @property
    def grave(self) -> bool:
        return any(found.grave for found in (*self.conditions, *self.images))

    def as_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON: the fields, the sums and the sentences."""
        sums = {"images_affected": self.images_affected, "pairs": self.pairs, "grave": self.grave}
        return {**asdict(self), **sums, "sentences": self.sentences()}

    def sentences(self, call: Naming = IDS) -> tuple[str, ...]:
        """Plain words, the gravest first; none where nothing changes but words of definition."""
        grave = (f"GRAVE: {told}" for told in _graves(self, call))
        return (*_lost(self, call), *grave, *self.consequences(call), *_places(self, call))

    def warnings(self, call: Naming = IDS) -> tuple[str, ...]:
        """What nobody may overlook: golds that are gone, and what turns from malignant to harmless or back."""
        return (*_lost(self, call), *_graves(self, call))

    def consequences(self, call: Naming = IDS) -> tuple[str, ...]:
        """Everything else but where concepts stand."""
        return tuple(_consequences(self, call))


# A branch that is imported touches thousands; a person reads the first of each kind. What is grave is told in full.
_TOLD = 20


def _lost(found: Impact, call: Naming) -> Iterator[str]:
    for concept in found.lost:
        yield f"{call.concept(concept)}{GONE}"


def _graves(found: Impact, call: Naming) -> Iterator[str]:
    yield from (_rejudged(each, call) for each in found.conditions if each.grave)
    yield from (_read_otherwise(each, call) for each in found.images if each.before != each.after and each.grave)


def _consequences(found: Impact, call: Naming) -> Iterator[str]:
    yield from _first([_rejudged(each, call) for each in found.conditions if not each.grave])
    yield from _first(
        [
            f"{call.concept(each.concept)} is retired; {_or(each.successors, call)} stands for it"
            for each in found.retired
        ]
    )
    renamed = [each for each in found.images if each.before != each.after]
    yield from _first([_read_otherwise(each, call) for each in renamed if not each.grave])
    elsewhere: Counter[str] = Counter()
    for label in (each for each in found.images if each.before == each.after):
        elsewhere[label.dataset] += label.images
    for dataset, count in elsewhere.items():
        yield f"{count} images of {dataset} keep their diagnosis, but it stands elsewhere"
    yield from _first([_leads_elsewhere(each, call) for each in found.labels])
    yield from _reward_sentences(found, call)
    for how, words in _DONE.items():
        if edges := [
            f"{call.concept(edge.a)} and {call.concept(edge.b)}" for edge in found.differentials if edge.how == how
        ]:
            yield f"{_count(edges, 'differential')} {words}: {_listed(edges)}"


def _places(found: Impact, call: Naming) -> Iterator[str]:
    yield from _first(
        [
            f"{call.concept(each.concept)} stands at {_written(each.after, call)}, "
            f"before at {_written(each.before, call)}"
            for each in found.moved
        ]
    )
    if found.along:
        yield f"{_count(found.along, 'concept')} moved along: {_listed([*map(call.concept, found.along)])}"


def _first(told: Sequence[str]) -> Iterator[str]:
    yield from told[:_TOLD]
    if len(told) > _TOLD:
        yield f"and {len(told) - _TOLD} more of this kind"


def _rejudged(one: ConditionImpact, call: Naming) -> str:
    why = "; its members no longer agree" if one.conflict else ""
    images = f" ({one.images} images)" if one.images else ""
    return f"{call.concept(one.concept)} becomes {_word(one.after)}, before it was {_word(one.before)}{why}{images}"


def _read_otherwise(one: ImageImpact, call: Naming) -> str:
    images = f"the {one.images} images labelled {one.label!r} in {one.dataset}"
    return f"{images} mean {_or(one.after, call)}, before {_or(one.before, call)}"


def _leads_elsewhere(label: LabelEffect, call: Naming) -> str:
    where = f" of {label.dataset}" if label.dataset else ""
    return f"the label {label.label!r}{where} names {_or(label.after, call)}, before {_or(label.before, call)}"


_DONE = {
    "removed": "removed",
    "changed": "stated otherwise",
    "contrasts": "told apart otherwise, because a feature of one of the two changed",
    "added": "added",
}


def _reward_sentences(found: Impact, call: Naming) -> Iterator[str]:
    if found.pairs:
        most = max((gold for gold in found.golds), key=lambda gold: abs(gold.largest))
        more, less = sum(gold.more for gold in found.golds), sum(gold.less for gold in found.golds)
        yield (
            f"models are scored otherwise: {more} answers score higher and {less} lower, "
            f"the most by {most.largest:+.3f}, where the image shows {call.concept(most.concept)}"
        )
    for one, level in ((1, "higher up"), (-1, "deeper")):
        ids = [call.concept(each.concept) for each in found.levels if (each.before - each.after) * one > 0]
        if ids:
            stand = "1 disease or group stands" if len(ids) == 1 else f"{len(ids)} diseases and groups stand"
            yield f"{stand} {level} than before: {_listed(ids)}"


def _word(condition: Condition | None) -> str:
    return condition.value if condition else "mixed"


def _or(concepts: Iterable[str], call: Naming) -> str:
    return " or ".join(map(call.concept, concepts)) or "nothing"


def _written(paths: Iterable[Path], call: Naming) -> str:
    return " and ".join(" > ".join(map(call.concept, path)) for path in paths) or "no place"


def _count(items: Sequence[str], noun: str) -> str:
    return f"{len(items)} {noun}" + ("" if len(items) == 1 else "s")


def _listed(items: Sequence[str], most: int = 5) -> str:
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more
