"""Namespaces and terms of the ontology, and the short ids that are the last part of an IRI."""

from __future__ import annotations

from rdflib import Graph, Namespace, URIRef
from rdflib.namespace import DCTERMS, OWL, RDF, RDFS, SKOS

from .statement import BASE, CONCEPT_BASE

SKR = Namespace(BASE + "vocab#")
CONCEPT = Namespace(CONCEPT_BASE)
FEATURE = Namespace(BASE + "feature/")
DIFFERENTIAL = Namespace(BASE + "differential/")
CROSSWALK = Namespace(BASE + "crosswalk/")
SCHEME = Namespace(BASE + "scheme/")
DOID = Namespace("http://purl.obolibrary.org/obo/DOID_")

PREFIXES = {
    "skr": SKR,
    "concept": CONCEPT,
    "feature": FEATURE,
    "differential": DIFFERENTIAL,
    "crosswalk": CROSSWALK,
    "scheme": SCHEME,
    "doid": DOID,
    "skos": SKOS,
    "dcterms": DCTERMS,
    "rdfs": RDFS,
    "owl": OWL,
}

# Statements anybody may make about our nodes; they are kept in the graph and do not reach the core's values.
ANNOTATIONS = frozenset(
    [
        RDF.type, RDFS.label, RDFS.comment, RDFS.seeAlso, RDFS.isDefinedBy, OWL.deprecated,
        SKOS.inScheme, SKOS.topConceptOf, SKOS.hasTopConcept, SKOS.narrower, SKOS.related, SKOS.broadMatch,
        SKOS.narrowMatch, SKOS.relatedMatch, SKOS.notation, SKOS.note, SKOS.scopeNote, SKOS.editorialNote,
        SKOS.historyNote, SKOS.changeNote, SKOS.example, SKR.precursorOf,
    ]
)  # fmt: skip


_ITEMS = tuple(str(namespace) for namespace in (CONCEPT, FEATURE, DIFFERENTIAL, CROSSWALK))


def is_item(node: object) -> bool:
    """Whether a node is a concept, feature, differential or crosswalk entry: what people edit, and what we lay out."""
    return str(node).startswith(_ITEMS)


def is_annotation(predicate: URIRef) -> bool:
    return predicate in ANNOTATIONS or (predicate in DCTERMS and predicate != DCTERMS.source)


def new_graph() -> Graph:
    """An empty graph that knows our prefixes."""
    graph = Graph(bind_namespaces="none")
    for prefix, namespace in PREFIXES.items():
        graph.bind(prefix, namespace)
    return graph


def local(iri: object, namespace: Namespace) -> str | None:
    """The short id of an IRI of this namespace, None for anything else."""
    text = str(iri)
    return text[len(namespace) :] or None if text.startswith(namespace) else None


def shortened(iri: object) -> str:
    """An IRI the way a person writes it, for messages: `concept:melanoma`."""
    text = str(iri)
    for prefix, namespace in PREFIXES.items():
        if text.startswith(str(namespace)):
            return f"{prefix}:{text[len(str(namespace)) :]}"
    return text
