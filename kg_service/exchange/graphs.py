"""Hierarchy and differentials as one graph document, for graph tools: GraphML, and networkx's node-link JSON.

Nodes are concepts. Edges of kind "broader" run from a concept to its parent; those of kind "differential" join two
concepts and are written once, from the one whose id comes first.
"""

from __future__ import annotations

import json

import networkx as nx

from ..core.graphs import differential_graph, hierarchy_graph
from ..core.knowledge import Knowledge


def write_graphml(knowledge: Knowledge) -> str:
    return "\n".join(nx.generate_graphml(_joined(knowledge))) + "\n"


def write_node_link(knowledge: Knowledge) -> str:
    document = nx.node_link_data(_joined(knowledge), edges="edges")
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _joined(knowledge: Knowledge) -> nx.MultiDiGraph:
    """Both graphs in one, nodes and edges sorted."""
    above, beside = hierarchy_graph(knowledge), differential_graph(knowledge)
    graph = nx.MultiDiGraph(release=knowledge.release)
    graph.add_nodes_from(sorted(above.nodes(data=True)))
    for parent, child, said in sorted(above.edges(data=True), key=lambda edge: edge[:2]):
        graph.add_edge(child, parent, key="broader", kind="broader", **said)
    for a, b, said in sorted(beside.edges(data=True), key=lambda edge: sorted(edge[:2])):
        graph.add_edge(min(a, b), max(a, b), key="differential", kind="differential", **said)
    return graph
