"""The statements of a draft or a release, before indexing: what changes are applied to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from .concept import Concept, CrosswalkEntry, Differential, Feature, Retired
from .errors import UnknownConcept
from .knowledge import Knowledge

Table = Literal["concepts", "features", "differentials", "crosswalk", "retired"]


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

    def with_item(self, table: Table, key: Any, item: object) -> Content:
        """With an item added or stated anew."""
        return replace(self, **{table: {**getattr(self, table), key: item}})

    def without_item(self, table: Table, key: Any) -> Content:
        return replace(self, **{table: {k: kept for k, kept in getattr(self, table).items() if k != key}})

    def with_concept(self, concept: Concept) -> Content:
        """With a concept added or stated anew. An id that was retired is then in use again."""
        content = self.without_item("retired", concept.id) if concept.id in self.retired else self
        return content.with_item("concepts", concept.id, concept)


class Workbench(Content):
    """A copy that is edited in place: copying it again for each of ten thousand changes takes minutes."""

    @classmethod
    def opened(cls, content: Content) -> Workbench:
        return cls(
            dict(content.concepts),
            dict(content.features),
            dict(content.differentials),
            dict(content.crosswalk),
            dict(content.retired),
        )

    def with_item(self, table: Table, key: Any, item: object) -> Content:
        getattr(self, table)[key] = item
        return self

    def without_item(self, table: Table, key: Any) -> Content:
        getattr(self, table).pop(key, None)
        return self
