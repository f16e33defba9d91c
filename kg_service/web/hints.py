"""What an author should know while typing: names that mean something already, what is missing, what disagrees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from ..core.concept import Concept
from ..core.effect import concepts_of
from ..core.fold import basic
from ..core.forms import names, spoken
from ..core.impacts import Impact
from ..core.knowledge import Knowledge
from .finding import find_concepts


@dataclass(frozen=True, slots=True)
class Hint:
    """A remark on one field: the words typed, what is to be said of them, and the concepts it is about.

    `grave`: it cannot stay so, or changes what others mean.
    """

    field: str
    typed: str
    says: str
    concepts: tuple[str, ...] = ()
    grave: bool = False


def hints(know: Knowledge, was: Concept, mine: Concept, found: Impact | None) -> tuple[Hint, ...]:
    """Everything to say of a concept as it is typed.

    Args:
        was: the concept as its author saw it at first.
        found: what it would do, where that can be known.
    """
    return (*_of_names(know, was, mine), *_of_words(mine), *_of_conditions(know, was, mine, found))


def _of_names(know: Knowledge, was: Concept, mine: Concept) -> Iterator[Hint]:
    known = {basic(label) for label in names(was)}
    for label in dict.fromkeys(spoken(mine)):
        if basic(label) not in known:
            yield from _of_name(know, mine, label)
    said = [basic(label) for label in spoken(mine)]
    for label in dict.fromkeys(label for label in spoken(mine) if said.count(basic(label)) > 1):
        yield Hint("names", label, "stands here more than once")
    if not was.id and mine.pref_label:
        own = {basic(label) for label in spoken(mine)}
        near = [hit for hit in find_concepts(know, mine.pref_label, 4) if basic(hit.matched or hit.label) not in own]
        if near:
            yield Hint("names", mine.pref_label, "is it one of these?", tuple(hit.id for hit in near))


def _of_name(know: Knowledge, mine: Concept, label: str) -> Iterator[Hint]:
    meant = concepts_of(know.resolve(label))
    others = tuple(id_ for id_ in meant if id_ != mine.id)
    if others and label not in mine.ambiguous_labels:
        yield Hint("names", label, "already names", others, grave=True)
    elif meant == (mine.id,):
        yield Hint("names", label, "is understood as this already; adding it only lets readers see it")
    datasets: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for entry in know.labels.entries(label):
        if entry.concepts not in ((mine.id,), meant):
            datasets[entry.concepts].append(entry.dataset)
    for concepts, named in datasets.items():
        what = "means" if concepts else "is no disease"
        yield Hint("names", label, f"{what} in the images of {', '.join(named)}{':' if concepts else ''}", concepts)
    for gone in know.retired.values():
        now = know.successors(gone.id)
        if basic(gone.pref_label) == basic(label) and now != (mine.id,):
            says = "is the name of something retired" + (", for which stands" if now else "")
            yield Hint("names", label, says, now)


def _of_words(mine: Concept) -> Iterator[Hint]:
    if not mine.definition.strip():
        yield Hint("definition", "", "There is no definition. Two sentences help every reader.")


def _of_conditions(know: Knowledge, was: Concept, mine: Concept, found: Impact | None) -> Iterator[Hint]:
    conflicts = found.conflicts if found else ()
    for each in conflicts:
        yield Hint("condition", "", "With this the members no longer agree in", (each.concept,), grave=True)
    above = mine.parents[:1]
    expected = know.condition(above[0]) if above and above[0] in know.concepts else None
    unsaid = not mine.condition and not was.id
    if expected and not conflicts and (unsaid or mine.condition not in (None, expected)):
        yield Hint("condition", "", f"All members are {expected} in", above)
