"""SHACL for one edit: the nodes it changes and those whose rules they can break, without the rest of the graph.

What an edit can break elsewhere by inheritance (conditions, contrasts, cycles) is the core's to find.
"""

from __future__ import annotations

from rdflib import Graph
from rdflib.namespace import RDF, SKOS

from ..core.content import Content
from .nodes import Items, Nodes, graph_of_nodes, items_named
from .shapes import findings_of
from .vocabulary import CONCEPT, FEATURE, SCHEME, SKR


def findings_near(content: Content, items: Items, nodes: Nodes, shapes: Graph) -> tuple[str, ...]:
    """The violations among some changed items and the groups above them, as `findings_of` words them.

    Args:
        content: the draft with the edit in it.
        items: what the edit changed.
        nodes: the statements of those items.
    """
    pointed = {said.object[1:-1] for of_one in nodes.values() for said in of_one if said.object.startswith("<")}
    beside = items_named(pointed, content)
    graph = graph_of_nodes(nodes)
    # Neighbours are there to be pointed at: what they are is enough, and keeps the check short.
    for concept in (beside.concepts - items.concepts).intersection(content.concepts):
        graph.add((CONCEPT[concept], SKOS.inScheme, SCHEME.dermatology))
    for feature in (beside.features - items.features).intersection(content.features):
        graph.add((FEATURE[feature], RDF.type, SKR.Feature))
    for child in content.concepts.values():
        for parent in items.concepts.intersection(child.parents):
            graph.add((CONCEPT[child.id], SKOS.broader, CONCEPT[parent]))
    unknown = {
        *map(CONCEPT.term, beside.concepts - content.concepts.keys()),
        *map(FEATURE.term, beside.features - content.features.keys()),
    }
    return findings_of(graph, shapes, of={*nodes, *map(str, unknown)})
