"""The knowledge as networkx graphs, for whoever wants to draw it or run a graph algorithm over it.

Copies: changing one changes no answer of ours. Node and edge attributes are plain text and numbers, so that every
networkx writer (GraphML, GEXF, node-link JSON) takes them.
"""

from __future__ import annotations

import networkx as nx

from .knowledge import Knowledge


def hierarchy_graph(knowledge: Knowledge) -> nx.DiGraph:
    """Concepts and their broader links, edges from parent to child.

    Nodes: `label`, `level` (1 for a top concept), `condition` ("mixed" where the members of a group differ).
    Edges: `primary`, whether the parent is the one that gives the lineage.
    """
    graph = nx.DiGraph()
    _add_nodes(graph, knowledge)
    for concept in knowledge.concepts.values():
        for parent in concept.parents:
            graph.add_edge(parent, concept.id, primary=parent == concept.parents[0])
    return graph


def differential_graph(knowledge: Knowledge) -> nx.Graph:
    """Concepts and the differentials between them.

    Nodes: as `hierarchy_graph`. Edges: `strength` ("strong", "moderate", "weak") and `features`, the discriminating
    features' ids joined by spaces.
    """
    graph = nx.Graph()
    _add_nodes(graph, knowledge)
    for edge in knowledge.differentials:
        graph.add_edge(edge.a, edge.b, strength=edge.strength.value, features=" ".join(edge.features))
    return graph


def _add_nodes(graph: nx.Graph, knowledge: Knowledge) -> None:
    for concept in knowledge.concepts.values():
        condition = knowledge.condition(concept.id)
        graph.add_node(
            concept.id,
            label=concept.pref_label,
            level=knowledge.level(concept.id),
            condition=condition.value if condition else "mixed",
        )
