"""One branch of the knowledge: a concept, everything beneath it, and what is said about those."""

from __future__ import annotations

from dataclasses import replace

from ..core.concept import Concept
from ..core.content import Content
from ..core.knowledge import Knowledge


def branch(knowledge: Knowledge, under: str) -> Content:
    """What is said about a branch: its concepts as they stand (parents outside it too), their features, the
    differentials and crosswalk entries with at least one end in it.

    This is no knowledge of its own, for it names concepts that it does not hold. Read back as an edit of the whole,
    it says nothing new.

    Raises:
        UnknownConcept: `under` is not the id of a concept.
    """
    inside = {knowledge.concept(under).id, *knowledge.descendants(under)}
    concepts = {id_: concept for id_, concept in knowledge.concepts.items() if id_ in inside}
    edges = {edge.id: edge for edge in knowledge.differentials if edge.a in inside or edge.b in inside}
    cited = {feature for concept in concepts.values() for feature, _ in concept.profile}
    cited.update(feature for edge in edges.values() for feature in edge.features)
    return Content(
        concepts,
        {id_: feature for id_, feature in knowledge.features.items() if id_ in cited},
        edges,
        {(e.dataset, e.label): e for e in knowledge.crosswalk if inside.intersection(e.concepts)},
    )


def cutting(knowledge: Knowledge, under: str) -> Knowledge:
    """A branch as knowledge that stands alone: without links out of it, and with the features that it inherits.

    Where a primary parent lies outside, the next parent takes its place, and the concept inherits from that one too.

    Raises:
        UnknownConcept: `under` is not the id of a concept.
    """
    part = branch(knowledge, under)
    concepts = {id_: _cut(concept, part, knowledge) for id_, concept in part.concepts.items()}
    cited = {feature for concept in concepts.values() for feature, _ in concept.profile}
    return Content(
        concepts,
        {id_: feature for id_, feature in knowledge.features.items() if id_ in cited},
        {id_: edge for id_, edge in part.differentials.items() if edge.a in concepts and edge.b in concepts},
        {key: entry for key, entry in part.crosswalk.items() if concepts.keys() >= set(entry.concepts)},
    ).knowledge()


def _cut(concept: Concept, part: Content, knowledge: Knowledge) -> Concept:
    parents = tuple(parent for parent in concept.parents if parent in part.concepts)
    if parents[:1] == concept.parents[:1]:
        return replace(concept, parents=parents)
    profile = tuple(sorted(knowledge.profile(concept.id).items()))
    return replace(concept, parents=parents, profile=profile)
