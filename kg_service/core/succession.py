"""Changes after which an id names no concept any more: retire, merge, split. The id is kept with what replaces it.

Old datasets and old trajectories go on naming such ids, so they are never given to another concept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from .concept import Concept, CrosswalkEntry, Differential, Retired
from .content import Content
from .errors import KnowledgeInvalid
from .forms import names
from .naming import IDS, Naming


@dataclass(frozen=True, slots=True)
class PutRetired:
    """Say of an id that is no concept (any more) what replaces it."""

    retired: Retired

    def apply(self, content: Content) -> Content:
        gone = self.retired
        return content.without_item("concepts", gone.id).with_item("retired", gone.id, gone)

    def sentence(self, call: Naming = IDS) -> str:
        return f"retire {call.concept(self.retired.id)}" + _instead(self.retired.replaced_by, call)


@dataclass(frozen=True, slots=True)
class RemoveRetired:
    """Forget a retired id."""

    retired: str

    def apply(self, content: Content) -> Content:
        return content.without_item("retired", self.retired)

    def sentence(self, call: Naming = IDS) -> str:
        return f"forget the retired {call.concept(self.retired)}"


@dataclass(frozen=True, slots=True)
class Retire:
    """Deprecate a concept. Its differentials go; dataset labels that mean it mean its replacements.

    Concepts beneath it must have been moved, and its labels given to somebody, by other changes of the same proposal.
    """

    concept: str
    replaced_by: tuple[str, ...] = ()
    note: str = ""

    def apply(self, content: Content) -> Content:
        old = content.concept(self.concept)
        for edge in _edges_of(content, old.id):
            content = content.without_item("differentials", edge.id)
        for key, entry in [(key, entry) for key, entry in content.crosswalk.items() if old.id in entry.concepts]:
            content = content.with_item("crosswalk", key, _reading(entry, old.id, self.replaced_by))
        return PutRetired(Retired(old.id, old.pref_label, self.replaced_by, self.note)).apply(content)

    def sentence(self, call: Naming = IDS) -> str:
        return f"retire {call.concept(self.concept)}{_instead(self.replaced_by, call)}" + (
            f": {self.note}" if self.note else ""
        )


@dataclass(frozen=True, slots=True)
class Merge:
    """Make one concept part of another: its names become synonyms, its children, features, matches, dataset labels and
    differentials go over where the other has none of its own."""

    concept: str
    into: str

    def apply(self, content: Content) -> Content:
        gone, into = content.concept(self.concept), content.concept(self.into)
        if gone.id == into.id:
            raise KnowledgeInvalid("this cannot be done:", (f"{gone.id} cannot be merged into itself",))
        # What stood beneath the one that goes stands beneath its parents.
        parents = [above for old in into.parents for above in (gone.parents if old == gone.id else (old,))]
        known = {into.pref_label, *into.alt_labels, *into.hidden_labels}
        stated = {feature for feature, _ in into.profile}
        merged = replace(
            into,
            parents=tuple(dict.fromkeys(parents)),
            alt_labels=(*into.alt_labels, *_new((gone.pref_label, *gone.alt_labels), known)),
            hidden_labels=(*into.hidden_labels, *_new(gone.hidden_labels, known)),
            ambiguous_labels=(*into.ambiguous_labels, *_new(gone.ambiguous_labels, set(into.ambiguous_labels))),
            profile=(*into.profile, *((feature, how) for feature, how in gone.profile if feature not in stated)),
            # Two terms of one vocabulary are seldom exactly one thing, so what came along is only close.
            close_match=(*into.close_match, *_new((*gone.exact_match, *gone.close_match),
                                                  {*into.close_match, *into.exact_match})),
        )  # fmt: skip
        content = content.with_concept(merged)
        for child in [c for c in content.concepts.values() if gone.id in c.parents and c.id != into.id]:
            parents = dict.fromkeys(into.id if parent == gone.id else parent for parent in child.parents)
            content = content.with_concept(replace(child, parents=tuple(parents)))
        edges = _edges_to(content, gone.id, into.id)
        return _with_edges(Retire(gone.id, (into.id,), f"merged into {into.pref_label}").apply(content), edges)

    def sentence(self, call: Naming = IDS) -> str:
        return f"merge {call.concept(self.concept)} into {call.concept(self.into)}"


@dataclass(frozen=True, slots=True)
class Split:
    """Replace one concept by several. Each part starts as a copy: parents, condition, features and differentials of the
    old one, unless it states its own. The old names, and dataset labels that meant it, then may mean any of the parts.

    Children go under the first part; other changes of the same proposal put them right.
    """

    concept: str
    parts: tuple[Concept, ...]

    def apply(self, content: Content) -> Content:
        old = content.concept(self.concept)
        if taken := [part.id for part in self.parts if part.id in content.concepts]:
            found = tuple(f"{id_} is a concept already; a part needs an id of its own" for id_ in taken)
            raise KnowledgeInvalid(f"{old.id} cannot be split so:", found)
        shared = names(old)
        parts = tuple(
            replace(
                part,
                parents=part.parents or old.parents,
                condition=part.condition or old.condition,
                profile=part.profile or old.profile,
                ambiguous_labels=(*part.ambiguous_labels, *_new(shared, {part.pref_label, *part.ambiguous_labels})),
            )
            for part in self.parts
        )
        edges: dict[str, Differential] = {}
        for part in parts:
            content = content.with_concept(part)
            edges |= _edges_to(content, old.id, part.id)
        for child in [c for c in content.concepts.values() if old.id in c.parents]:
            parents = tuple(parts[0].id if parent == old.id else parent for parent in child.parents)
            content = content.with_concept(replace(child, parents=parents))
        return _with_edges(Retire(old.id, tuple(part.id for part in parts), "split").apply(content), edges)

    def sentence(self, call: Naming = IDS) -> str:
        parts = " and ".join(call.concept(part.id) for part in self.parts)
        return f"split {call.concept(self.concept)} into {parts}"


def _instead(ids: Iterable[str], call: Naming) -> str:
    listed = " or ".join(map(call.concept, ids))
    return f" in favour of {listed}" if listed else ""


def _new(texts: Iterable[str], known: set[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text not in known))


def _reading(entry: CrosswalkEntry, gone: str, instead: tuple[str, ...]) -> CrosswalkEntry:
    if gone not in entry.concepts or not instead:
        return entry
    meant = dict.fromkeys(id_ for old in entry.concepts for id_ in (instead if old == gone else (old,)))
    return replace(entry, concepts=tuple(meant))


def _edges_of(content: Content, concept: str) -> list[Differential]:
    return [edge for edge in content.differentials.values() if concept in (edge.a, edge.b)]


def _with_edges(content: Content, edges: Mapping[str, Differential]) -> Content:
    """With some differentials, where there are none between the same two."""
    for id_, edge in edges.items():
        if id_ not in content.differentials:
            content = content.with_item("differentials", id_, edge)
    return content


def _edges_to(content: Content, old: str, new: str) -> dict[str, Differential]:
    """The differentials of one concept as another's, but for those that would join it to itself or to its line."""
    found: dict[str, Differential] = {}
    line = _upward(content, new)
    for edge in _edges_of(content, old):
        other = edge.b if edge.a == old else edge.a
        if other not in line and new not in _upward(content, other):
            moved = replace(edge, a=min(new, other), b=max(new, other))
            found[moved.id] = moved
    return found


def _upward(content: Content, start: str) -> set[str]:
    """A concept and all above it, as far as they are there: what is checked as a whole may still name what is not."""
    found, waiting = {start}, [start]
    while waiting:
        concept = content.concepts.get(waiting.pop())
        above = set(concept.parents).difference(found) if concept else set()
        found |= above
        waiting += above
    return found
