"""What a change overwrites, so that two people's edits of different things never stand in each other's way.

A facet is one part of one item: the labels of a concept, its place, a whole differential. A proposal remembers what
each facet it overwrites looked like; where it looks different at acceptance, somebody else's edit would be lost.
Fingerprints compare content read from statements or snapshots, whose tuples have one order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from . import change as changes
from . import succession
from .content import Content

_PARTS = {
    changes.Rename: ("preferred label", ("pref_label",)),
    changes.SetLabels: ("labels", ("alt_labels", "hidden_labels", "ambiguous_labels")),
    changes.Move: ("parents", ("parents",)),
    changes.SetCondition: ("condition", ("condition",)),
    changes.SetProfile: ("features", ("profile",)),
    changes.Describe: ("description", ("definition", "exact_match", "close_match", "source", "review_status")),
}


@dataclass(frozen=True, slots=True)
class Facet:
    """`kind` and `id` name an item; `aspect` the part of it, empty for the whole."""

    kind: str
    id: str
    aspect: str = ""

    def __str__(self) -> str:
        return f"the {self.aspect or self.kind} of {self.id}" if self.aspect else f"the {self.kind} {self.id}"


def overwritten(proposed: Iterable[changes.Change], content: Content) -> dict[Facet, str]:
    """Every facet that some changes overwrite, with the fingerprint of what it says now."""
    found: dict[Facet, str] = {}
    for change in proposed:
        said = [_facet(change, content)]
        if isinstance(change, succession.Split):
            said += [_concept(part.id, content) for part in change.parts]
        for facet, value in said:
            found[facet] = hashlib.sha256(repr(value).encode()).hexdigest()[:32]
    return found


def _facet(change: changes.Change, content: Content) -> tuple[Facet, object]:
    if part := _PARTS.get(type(change)):
        aspect, names = part
        id_: str = change.concept  # type: ignore[union-attr]
        concept = content.concepts.get(id_)
        said = None if concept is None else [getattr(concept, name) for name in names]
        return Facet("concept", id_, aspect), said
    match change:
        case changes.PutFeature(feature):
            return Facet("feature", feature.id), content.features.get(feature.id)
        case changes.RemoveFeature(id_):
            return Facet("feature", id_), content.features.get(id_)
        case changes.PutDifferential(edge):
            return Facet("differential", edge.id), content.differentials.get(edge.id)
        case changes.RemoveDifferential(a, b):
            id_ = f"{min(a, b)}--{max(a, b)}"
            return Facet("differential", id_), content.differentials.get(id_)
        case changes.PutCrosswalk(entry):
            return _entry(entry.dataset, entry.label, content)
        case changes.RemoveCrosswalk(dataset, label):
            return _entry(dataset, label, content)
        case succession.PutRetired(retired):
            return _concept(retired.id, content)
        case succession.RemoveRetired(id_):
            return _concept(id_, content)
        case changes.PutConcept(concept):
            return _concept(concept.id, content)
        case changes.Remove(id_) | succession.Retire(id_) | succession.Merge(id_) | succession.Split(id_):
            return _concept(id_, content)
    raise AssertionError(f"{change!r} says nowhere what it overwrites")


def _concept(id_: str, content: Content) -> tuple[Facet, object]:
    return Facet("concept", id_), content.concepts.get(id_) or content.retired.get(id_)


def _entry(dataset: str, label: str, content: Content) -> tuple[Facet, object]:
    return Facet("crosswalk entry", f"{label!r} of {dataset!r}"), content.crosswalk.get((dataset, label))
