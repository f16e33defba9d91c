"""Which concept a row or a name means: by id, by an exact match, by its preferred label, and never by likeness."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.concept import Concept
from ..core.fold import fold, spellings
from ..core.knowledge import Knowledge
from ..core.labels import Ambiguous, Resolved
from ..store.statement import CONCEPT_BASE
from .row import Incoming, doid_iri


@dataclass(frozen=True, slots=True)
class Match:
    """The one concept a row means, and how that was found."""

    concept: str
    how: str


class Matcher:
    """Answers for one release."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._by_iri: dict[str, set[str]] = {}
        for concept in knowledge.concepts.values():
            for iri in (CONCEPT_BASE + concept.id, *concept.exact_match):
                self._by_iri.setdefault(iri, set()).add(concept.id)

    def match(self, row: Incoming) -> Match | str | None:
        """The concept of a row, None where it is a new one, or the reason why nobody can say."""
        if row.key in self._knowledge.concepts:
            return Match(row.key, "id")
        holders = sorted({id_ for iri in row.exact_match for id_ in self._by_iri.get(iri, ())})
        if len(holders) > 1:
            return f"its exact matches are those of {' and '.join(holders)}"
        if holders:
            return Match(holders[0], "exact match")
        found = self._knowledge.resolve(row.pref_label)
        if isinstance(found, Ambiguous):
            return f"{row.pref_label!r} may mean {' or '.join(found.concepts)}"
        return Match(found.concept, found.how.value) if isinstance(found, Resolved) else None

    def named(self, text: str) -> str | None:
        """The concept that a reference to a parent means: an id, an IRI or a label."""
        if text in self._knowledge.concepts:
            return text
        holders = self._by_iri.get(doid_iri(text) or text, set())
        if len(holders) == 1:
            return next(iter(holders))
        found = self._knowledge.resolve(text)
        return found.concept if isinstance(found, Resolved) else None

    def knows(self, concept: str, label: str) -> bool:
        """Whether a label is a name of this concept already, in any spelling."""
        found = self._knowledge.resolve(label)
        if isinstance(found, Resolved):
            return found.concept == concept
        return bool(forms_of(label) & {fold(known) for known in labels_of(self._knowledge.concepts[concept])})

    def holder(self, label: str) -> str | None:
        """Who has a label already, in words; None where it is free."""
        found = self._knowledge.resolve(label)
        if isinstance(found, Resolved):
            return found.concept
        return " and ".join(found.concepts) if isinstance(found, Ambiguous) else None

    def other_holder(self, row: Incoming, concept: str | None) -> str | None:
        """The concept other than this row's own whose exact match the row claims; None where there is none."""
        claimed = {id_ for iri in row.exact_match for id_ in self._by_iri.get(iri, ())}
        return min(claimed - {concept}, default=None)


def labels_of(concept: Concept) -> tuple[str, ...]:
    return concept.pref_label, *concept.alt_labels, *concept.hidden_labels, *concept.ambiguous_labels


def forms_of(label: str) -> set[str]:
    """The forms under which the resolver would look a label up; empty where it has no letter or digit it compares."""
    return {form for spelling in spellings(label) if (form := fold(spelling))}
