"""SKOS: any Turtle of concepts read, and the knowledge written as Turtle or JSON-LD in our own vocabulary.

Reading understands foreign namespaces, broader and narrower. Ambiguous labels, features, differentials and crosswalks
are written, and read by `native` alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import RDF, RDFS, SKOS
from rdflib.term import Node

from ..core.concept import Condition
from ..core.content import Content
from ..core.knowledge import Knowledge
from ..store.codec import CONDITIONS, graph_of
from ..store.turtle import read_text
from ..store.vocabulary import CONCEPT, PREFIXES, SKR, local
from .reading import Source, nothing_in, payload_of, text_of
from .row import Incoming, doid_iri

_SCHEMES = (SKOS.ConceptScheme, SKOS.Collection, SKOS.OrderedCollection, SKR.Feature, SKR.RetiredConcept)
_SUBJECT = re.compile(r"<[^<>\s]+>|[^\s@#<>\"';,.]*:[^\s<>\"';,]+")
_BROADER = (SKOS.broader, SKOS.broaderTransitive, RDFS.subClassOf)


def read_skos(source: Source) -> tuple[Incoming, ...]:
    """A row for each concept of a Turtle file, by IRI.

    The preferred label is the English one, or the first by language where there is none; those in other languages are
    further labels. A definition in another language is not read. The primary parent is skr:primaryParent, or the
    first by IRI.

    Raises:
        ConfigInvalid: the file cannot be opened.
        KnowledgeInvalid, TurtleBroken: it is not UTF-8 Turtle, or holds no concept.
    """
    graph, places = opened(source)
    found = tuple(_row(graph, iri, places.of(iri)) for iri in concepts_in(graph))
    if not found:
        raise nothing_in(source, "SKOS concept")
    return found


def foreign_rows(graph: Graph, places: Places) -> Iterator[Incoming]:
    """The rows of `read_skos` without those of our own namespace."""
    return (_row(graph, iri, places.of(iri)) for iri in concepts_in(graph) if local(iri, CONCEPT) is None)


def opened(source: Source) -> tuple[Graph, Places]:
    """
    Raises:
        ConfigInvalid, KnowledgeInvalid, TurtleBroken: see `read_skos`.
    """
    text = text_of(source)
    return read_text(payload_of(source), source), Places(source, text)


def concepts_in(graph: Graph) -> list[URIRef]:
    concepts = {node for node in graph.subjects(RDF.type, SKOS.Concept) if isinstance(node, URIRef)}
    concepts |= {node for node in graph.subjects(SKOS.prefLabel, None) if isinstance(node, URIRef)}
    return sorted(concepts - {node for kind in _SCHEMES for node in graph.subjects(RDF.type, kind)})


class Places:
    """Where the blocks of a file begin, near enough for a person: the first line that starts with a name."""

    def __init__(self, source: Source, text: str) -> None:
        self._source = source
        self._lines: dict[str, int] = {}
        for number, line in enumerate(text.split("\n"), 1):
            if found := _SUBJECT.match(line):
                self._lines.setdefault(_last(found[0].strip("<>")), number)

    def of(self, iri: str) -> str:
        number = self._lines.get(_last(iri))
        return f"{self._source}, line {number}" if number else f"{self._source}, {iri}"


def write_turtle(knowledge: Knowledge | Content) -> str:
    return _graph(knowledge).serialize(format="turtle")


def write_jsonld(knowledge: Knowledge | Content) -> str:
    context = {prefix: str(namespace) for prefix, namespace in PREFIXES.items()}
    written = _graph(knowledge).serialize(format="json-ld", context=context, auto_compact=False)
    return json.dumps(_sorted(json.loads(written)), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _graph(whole: Knowledge | Content) -> Graph:
    return graph_of(Content.of(whole) if isinstance(whole, Knowledge) else whole)


def _sorted(value: Any) -> Any:
    """The same document, its lists in a fixed order; in RDF they are sets."""
    if isinstance(value, dict):
        return {key: _sorted(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted(map(_sorted, value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


def _row(graph: Graph, iri: URIRef, place: str) -> Incoming:
    preferred = _english_first(graph.objects(iri, SKOS.prefLabel)) or _english_first(graph.objects(iri, RDFS.label))
    others = (*preferred[1:], *_english_first(graph.objects(iri, SKOS.altLabel)))
    hidden = _english_first(graph.objects(iri, SKOS.hiddenLabel))
    shared = {str(label) for label in graph.objects(iri, SKR.ambiguousLabel)}
    definitions = _english_first(graph.objects(iri, SKOS.definition))
    own = doid_iri(iri)
    return Incoming(
        key=_key(iri),
        pref_label=str(preferred[0]) if preferred else "",
        parents=tuple(_parents(graph, iri)),
        alt_labels=tuple(label for label in map(str, others) if label not in shared),
        hidden_labels=tuple(label for label in map(str, hidden) if label not in shared),
        condition=_condition(graph, iri),
        definition=str(definitions[0]) if definitions and _rank(definitions[0]) < _FOREIGN else "",
        exact_match=(*([own] if own else ()), *_iris(graph, iri, SKOS.exactMatch)),
        close_match=tuple(_iris(graph, iri, SKOS.closeMatch)),
        place=place,
    )


_FOREIGN = 3


def _rank(literal: Literal) -> int:
    """English before no language before British, Australian … English before the rest."""
    language = (literal.language or "").lower()
    if language in {"en", "en-us"}:
        return 0
    return 1 if not language else 2 if language.startswith("en-") else _FOREIGN


def _english_first(found: Iterable[Node]) -> list[Literal]:
    literals = [node for node in found if isinstance(node, Literal)]
    return sorted(literals, key=lambda literal: (_rank(literal), literal.language or "", str(literal)))


def _parents(graph: Graph, iri: URIRef) -> Iterator[str]:
    """The primary parent first."""
    above = {node for predicate in _BROADER for node in graph.objects(iri, predicate)}
    above |= set(graph.subjects(SKOS.narrower, iri))
    primary = set(graph.objects(iri, SKR.primaryParent))
    ranked = sorted(node for node in above | primary if isinstance(node, URIRef))
    yield from (_key(node) for node in sorted(ranked, key=lambda node: node not in primary))


def _condition(graph: Graph, iri: URIRef) -> Condition | str | None:
    said = list(graph.objects(iri, SKR.condition))
    if not said:
        return None
    known = [CONDITIONS[node] for node in said if isinstance(node, URIRef) and node in CONDITIONS]
    return known[0] if len(known) == len(said) == 1 else " and ".join(sorted(map(str, said)))


def _iris(graph: Graph, iri: URIRef, predicate: URIRef) -> list[str]:
    return sorted(str(node) for node in graph.objects(iri, predicate) if isinstance(node, URIRef))


def _key(iri: URIRef) -> str:
    return local(iri, CONCEPT) or str(iri)


def _last(name: str) -> str:
    return re.split(r"[/#:]", name.rstrip("/#"))[-1]
