"""New content over an existing graph, as a folder of Turtle needs it: what differs is edited, the rest stays."""

from __future__ import annotations

from rdflib import Graph, URIRef

from ..core.content import Content
from .codec import content_of
from .compile import statements_of
from .nodes import edited, graph_of_nodes, items_between
from .statement import Statement
from .vocabulary import new_graph


def merged(graph: Graph, content: Content) -> Graph:
    """The graph that says what the content says. Notes and labels in other languages stay (`nodes.edited`).

    Raises:
        KnowledgeInvalid: the graph says what the vocabulary has no place for.
    """
    items = items_between(content_of(graph), content)
    touched = [URIRef(iri) for iri in items.iris()]
    before = new_graph()
    for node in touched:
        before += graph.triples((node, None, None))
    standing: dict[str, set[Statement]] = {}
    for statement in statements_of(before):
        standing.setdefault(statement.subject[1:-1], set()).add(statement)
    made = new_graph()
    made += graph
    for node in touched:
        made.remove((node, None, None))
    made += graph_of_nodes(edited(content, items, {iri: frozenset(said) for iri, said in standing.items()}))
    return made
