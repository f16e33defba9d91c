"""New content over an existing graph: what the vocabulary knows is replaced, what others wrote beside it is kept."""

from __future__ import annotations

from rdflib import Graph, URIRef
from rdflib.namespace import RDF, SKOS

from ..core.content import Content
from .codec import graph_of
from .vocabulary import is_annotation, is_item, new_graph


def merged(graph: Graph, draft: Content) -> Graph:
    """The graph that says what the draft says.

    Notes, matches of other kinds and whatever else `vocabulary.is_annotation` names stay with the nodes that stay;
    labels in languages other than English are the draft's, as English ones (the codec reads them as further labels).
    """
    wanted = graph_of(draft)
    made = new_graph()
    staying = set(wanted.subjects())
    for s, p, o in graph:
        ours = is_item(s)
        if not ours or (
            s in staying and isinstance(p, URIRef) and is_annotation(p) and p not in (RDF.type, SKOS.inScheme)
        ):
            made.add((s, p, o))
    for statement in wanted:
        made.add(statement)
    return made
