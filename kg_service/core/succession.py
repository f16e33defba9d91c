"""Changes after which an id names no concept any more: retire, merge, split. The id is kept with what replaces it.

Old datasets and old trajectories go on naming such ids, so they are never given to another concept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .concept import Concept, CrosswalkEntry, Differential, Retired
from .content import Content
from .taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class PutRetired:
    """Say of an id that is no concept (any more) what replaces it."""

    retired: Retired

    def apply(self, content: Content) -> Content:
        gone = self.retired
        return replace(content.without_concept(gone.id), retired={**content.retired, gone.id: gone})

    def sentence(self) -> str:
        return f"retire {self.retired.id}" + _instead(self.retired.replaced_by)


@dataclass(frozen=True, slots=True)
class RemoveRetired:
    """Forget a retired id."""

    retired: str

    def apply(self, content: Content) -> Content:
        return replace(content, retired={k: v for k, v in content.retired.items() if k != self.retired})

    def sentence(self) -> str:
        return f"forget the retired id {self.retired}"


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
        kept = {id_: edge for id_, edge in content.differentials.items() if old.id not in (edge.a, edge.b)}
        crosswalk = {key: _reading(entry, old.id, self.replaced_by) for key, entry in content.crosswalk.items()}
        gone = Retired(old.id, old.pref_label, self.replaced_by, self.note)
        return PutRetired(gone).apply(replace(content, differentials=kept, crosswalk=crosswalk))

    def sentence(self) -> str:
        return f"retire {self.concept}{_instead(self.replaced_by)}" + (f": {self.note}" if self.note else "")


@dataclass(frozen=True, slots=True)
class Merge:
    """Make one concept part of another: its names become synonyms, its children, features, matches, dataset labels and
    differentials go over where the other has none of its own."""

    concept: str
    into: str

    def apply(self, content: Content) -> Content:
        gone, into = content.concept(self.concept), content.concept(self.into)
        known = {into.pref_label, *into.alt_labels, *into.hidden_labels}
        stated = {feature for feature, _ in into.profile}
        merged = replace(
            into,
            parents=tuple(parent for parent in into.parents if parent != gone.id) or gone.parents,
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
        content = Retire(gone.id, (into.id,), f"merged into {into.pref_label}").apply(content)
        return replace(content, differentials={**edges, **content.differentials})

    def sentence(self) -> str:
        return f"merge {self.concept} into {self.into}"


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
        names = (old.pref_label, *old.alt_labels, *old.hidden_labels)
        parts = tuple(
            replace(
                part,
                parents=part.parents or old.parents,
                condition=part.condition or old.condition,
                profile=part.profile or old.profile,
                ambiguous_labels=(*part.ambiguous_labels, *_new(names, {part.pref_label, *part.ambiguous_labels})),
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
        content = Retire(old.id, tuple(part.id for part in parts), "split").apply(content)
        return replace(content, differentials={**edges, **content.differentials})

    def sentence(self) -> str:
        return f"split {self.concept} into {' and '.join(part.id for part in self.parts)}"


def _instead(ids: Iterable[str]) -> str:
    listed = " or ".join(ids)
    return f" in favour of {listed}" if listed else ""


def _new(texts: Iterable[str], known: set[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text not in known))


def _reading(entry: CrosswalkEntry, gone: str, instead: tuple[str, ...]) -> CrosswalkEntry:
    if gone not in entry.concepts or not instead:
        return entry
    meant = dict.fromkeys(id_ for old in entry.concepts for id_ in (instead if old == gone else (old,)))
    return replace(entry, concepts=tuple(meant))


def _edges_to(content: Content, old: str, new: str) -> dict[str, Differential]:
    """The differentials of one concept as another's, but for those that would join it to itself or to its line."""
    taxonomy = Taxonomy({concept.id: concept.parents for concept in content.concepts.values()})
    found: dict[str, Differential] = {}
    for edge in content.differentials.values():
        if old not in (edge.a, edge.b):
            continue
        other = edge.b if edge.a == old else edge.a
        if other != new and not taxonomy.is_ancestor(other, new) and not taxonomy.is_ancestor(new, other):
            moved = replace(edge, a=min(new, other), b=max(new, other))
            found[moved.id] = moved
    return found
