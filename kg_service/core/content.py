"""The statements of a draft or a release, before indexing: what changes are applied to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .concept import Concept, CrosswalkEntry, Differential, Feature, Retired
from .errors import UnknownConcept
from .knowledge import Knowledge


@dataclass(frozen=True)
class Content:
    """Immutable: each `with_…` gives new content. Differentials are keyed by id, entries by (dataset, label)."""

    concepts: Mapping[str, Concept]
    features: Mapping[str, Feature]
    differentials: Mapping[str, Differential]
    crosswalk: Mapping[tuple[str, str], CrosswalkEntry]
    retired: Mapping[str, Retired] = field(default_factory=dict)

    @classmethod
    def of(cls, knowledge: Knowledge) -> Content:
        return cls(
            dict(knowledge.concepts),
            dict(knowledge.features),
            {edge.id: edge for edge in knowledge.differentials},
            {(entry.dataset, entry.label): entry for entry in knowledge.crosswalk},
            dict(knowledge.retired),
        )

    def knowledge(self, previous: Knowledge | None = None) -> Knowledge:
        """The content, checked and indexed.

        Args:
            previous: knowledge of nearly the same content; what did not change is taken from it.

        Raises:
            KnowledgeInvalid: the content contradicts itself.
        """
        return Knowledge(
            self.concepts.values(),
            self.features.values(),
            self.differentials.values(),
            self.crosswalk.values(),
            retired=self.retired.values(),
            previous=previous,
        )

    def concept(self, concept: str) -> Concept:
        """
        Raises:
            UnknownConcept: no concept has this id.
        """
        if concept not in self.concepts:
            raise UnknownConcept(f"no concept has the id {concept!r}")
        return self.concepts[concept]

    def with_concept(self, concept: Concept) -> Content:
        """With a concept added or stated anew. An id that was retired is then in use again."""
        retired = self.retired
        if concept.id in retired:
            retired = {id_: gone for id_, gone in retired.items() if id_ != concept.id}
        return replace(self, concepts={**self.concepts, concept.id: concept}, retired=retired)

    def without_concept(self, concept: str) -> Content:
        return replace(self, concepts={id_: kept for id_, kept in self.concepts.items() if id_ != concept})
