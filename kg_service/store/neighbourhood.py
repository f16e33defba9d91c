"""SHACL for one edit: the nodes it changes and those whose rules they can break, without the rest of the graph.

What an edit can break elsewhere by inheritance (conditions, contrasts, cycles) is the core's to find.
"""

from __future__ import annotations

from dataclasses import replace

from rdflib import Graph

from ..core.content import Content
from .codec import graph_of
from .nodes import Items, Nodes, graph_of_nodes, part_of
from .shapes import findings_of


def findings_near(content: Content, items: Items, nodes: Nodes, shapes: Graph) -> tuple[str, ...]:
    """The violations among some changed items and the groups above them, as `findings_of` words them.

    Args:
        content: the draft with the edit in it.
        items: what the edit changed.
        nodes: the statements of those items.
    """
    part = part_of(content, items)
    above = frozenset(parent for concept in part.concepts.values() for parent in concept.parents)
    # One member shows that a group is one.
    beneath = {parent: c.id for c in content.concepts.values() for parent in c.parents if parent in items.concepts}
    ends = {end for edge in part.differentials.values() for end in (edge.a, edge.b)}
    meant = {concept for entry in part.crosswalk.values() for concept in entry.concepts}
    signs = {feature for concept in part.concepts.values() for feature, _ in concept.profile}
    signs |= {feature for edge in part.differentials.values() for feature in edge.features}
    around = Items(
        concepts=(above.union(beneath.values()) | ends | meant) - items.concepts,
        features=frozenset(signs) - items.features,
    )
    # Neighbours are there to be pointed at: their own profiles would only drag more nodes in.
    beside = part_of(content, around)
    bare = {id_: replace(concept, profile=()) for id_, concept in beside.concepts.items()}
    graph = graph_of_nodes(nodes) + graph_of(replace(beside, concepts=bare))
    return findings_of(graph, shapes, of=nodes)
