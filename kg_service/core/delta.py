"""What an edit touches: the concepts that two states of the knowledge place, name, judge or describe differently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .concept import Concept


@dataclass(frozen=True, slots=True)
class Delta:
    """Ids of concepts, by what of them differs. An added or removed concept differs in all of it."""

    placed: frozenset[str]
    relabelled: frozenset[str]
    conditioned: frozenset[str]
    profiled: frozenset[str]

    @classmethod
    def between(cls, before: Mapping[str, Concept], after: Mapping[str, Concept]) -> Delta:
        """Linear in the number of concepts; a concept that both hold as the same object costs next to nothing."""
        came_or_went = frozenset(before.keys() ^ after.keys())
        restated = [
            (old, new)
            for id_, new in after.items()
            if (old := before.get(id_)) is not None and old is not new and old != new
        ]
        return cls(
            placed=came_or_went.union(new.id for old, new in restated if old.parents != new.parents),
            relabelled=came_or_went.union(new.id for old, new in restated if _names(old) != _names(new)),
            conditioned=came_or_went.union(new.id for old, new in restated if old.condition is not new.condition),
            profiled=came_or_went.union(new.id for old, new in restated if old.profile != new.profile),
        )


def _names(concept: Concept) -> tuple[object, ...]:
    return concept.pref_label, concept.alt_labels, concept.hidden_labels, concept.ambiguous_labels
