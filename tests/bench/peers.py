"""The same questions put to plain rdflib (a graph and SPARQL, as one would begin) and to networkx."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import networkx as nx
from rdflib import Graph, Literal
from rdflib.namespace import SKOS
from rdflib.plugins.sparql import prepareQuery

from kg_service.core.content import Content
from kg_service.core.knowledge import Knowledge
from kg_service.store.codec import graph_of
from kg_service.store.vocabulary import CONCEPT

from .clock import seconds

_PREFIXES = {"skos": SKOS}
_CONCEPT = "SELECT ?p ?o WHERE { ?c ?p ?o }"
_SEARCH = """SELECT ?c ?l WHERE { ?c skos:prefLabel|skos:altLabel ?l FILTER(CONTAINS(LCASE(STR(?l)), ?q)) } LIMIT 20"""
_RESOLVE = """SELECT ?c WHERE { ?c skos:prefLabel|skos:altLabel ?l FILTER(LCASE(STR(?l)) = ?q) }"""
_ANCESTORS = """SELECT ?x WHERE { ?a skos:broader* ?x . ?b skos:broader* ?x }"""


def rdflib_seconds(content: Content) -> dict[str, float]:
    """Seconds per question. The level of a meet is left to the reader of the answer, in rdflib's favour."""
    graph = graph_of(content)
    rng = random.Random(0)
    ids = rng.sample(list(content.concepts), 50)
    get, search, resolve, meet = (
        prepareQuery(text, initNs=_PREFIXES) for text in (_CONCEPT, _SEARCH, _RESOLVE, _ANCESTORS)
    )

    def ask(query, **known) -> None:
        list(graph.query(query, initBindings=known))

    found = {
        "get": seconds(lambda: [ask(get, c=CONCEPT[id_]) for id_ in ids]) / len(ids),
        "score": seconds(lambda: [ask(meet, a=CONCEPT[a], b=CONCEPT[b]) for a, b in zip(ids, ids[::-1], strict=True)])
        / len(ids),
    }
    label = Literal(content.concepts[ids[0]].pref_label)
    found["search"] = seconds(lambda: ask(search, q=label))
    found["resolve"] = seconds(lambda: ask(resolve, q=label))
    found["edit"] = _edit_seconds(graph, ids[0])
    return found


def _edit_seconds(graph: Graph, id_: str) -> float:
    """Add a label and have it on disk the way a memory store has it: by writing all of it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.nt"

        def edit() -> None:
            graph.update(f'INSERT DATA {{ <{CONCEPT[id_]}> <{SKOS.altLabel}> "one more"@en }}')
            graph.serialize(path, format="nt")

        return seconds(edit)


def networkx_seconds(knowledge: Knowledge) -> float:
    """Seconds for the level of one meet, by intersecting ancestors."""
    taxonomy = knowledge.taxonomy
    graph = nx.DiGraph((p, c) for c in taxonomy.ids for p in taxonomy.parents(c))
    rng = random.Random(0)
    pairs = [(rng.choice(taxonomy.ids), rng.choice(taxonomy.ids)) for _ in range(1_000)]

    def walk() -> None:
        for a, b in pairs:
            shared = (nx.ancestors(graph, a) | {a}) & (nx.ancestors(graph, b) | {b})
            max((taxonomy.level(c) for c in shared), default=0)

    return seconds(walk) / len(pairs)
