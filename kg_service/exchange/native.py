"""Turtle in our own vocabulary read as an edit: all that the knowledge holds can be said in it.

A block states a concept, feature, differential or crosswalk entry. What no block of its kind in the file mentions is
a column the file does not have, and is left as it stands: a file of names and synonyms moves nothing.
"""

from __future__ import annotations

from rdflib import URIRef
from rdflib.namespace import DCTERMS, SKOS

from ..core.concept import Concept, Differential
from ..core.errors import KnowledgeInvalid
from ..store.codec import POLARITIES, content_of, crosswalk_iri
from ..store.vocabulary import CONCEPT, CROSSWALK, DIFFERENTIAL, FEATURE, SKR
from .document import Document, Gone, Meaning, Pair, Sign
from .reading import Source, nothing_in
from .row import Incoming
from .skos import Places, foreign_rows, opened

_CONCEPT_FIELDS: dict[URIRef, str] = {
    SKOS.prefLabel: "pref_label",
    SKOS.broader: "parents",
    SKR.condition: "condition",
    SKOS.altLabel: "alt_labels",
    SKOS.hiddenLabel: "hidden_labels",
    SKR.ambiguousLabel: "ambiguous_labels",
    SKOS.definition: "definition",
    **dict.fromkeys(POLARITIES, "profile"),
    SKOS.exactMatch: "exact_match",
    SKOS.closeMatch: "close_match",
    DCTERMS.source: "source",
    SKR.reviewStatus: "review_status",
}
_FEATURE_FIELDS: dict[URIRef, str] = {
    SKOS.prefLabel: "pref_label",
    SKR.featureKind: "kind",
    SKOS.altLabel: "alt_labels",
    SKOS.definition: "definition",
    SKOS.closeMatch: "close_match",
    DCTERMS.source: "source",
    SKR.reviewStatus: "review_status",
}


def read_native(source: Source) -> Document:
    """Everything a Turtle file says in our vocabulary; concepts of other namespaces are rows as in `read_skos`.

    Raises:
        ConfigInvalid: the file cannot be opened.
        KnowledgeInvalid, TurtleBroken: it is not UTF-8 Turtle, says what the vocabulary has no place for, or nothing.
    """
    graph, places = opened(source)
    try:
        content = content_of(graph)
    except KnowledgeInvalid as error:
        placed = tuple(f"{places.of(finding.partition(' ')[0])}: {finding}" for finding in error.findings)
        raise KnowledgeInvalid("this Turtle says what the vocabulary has no place for:", placed) from error
    said = {namespace: set[object]() for namespace in (CONCEPT, FEATURE, DIFFERENTIAL, CROSSWALK)}
    for subject, predicate, _ in graph:
        for namespace, predicates in said.items():
            if predicate not in predicates and str(subject).startswith(namespace):
                predicates.add(predicate)
    signs = _stated(said[FEATURE], _FEATURE_FIELDS)
    document = Document(
        rows=(
            *(_row(concept, places.of(CONCEPT[concept.id])) for concept in content.concepts.values()),
            *foreign_rows(graph, places),
        ),
        stated=_stated(said[CONCEPT], _CONCEPT_FIELDS) | {"pref_label"},
        pairs=tuple(_pair(edge, said[DIFFERENTIAL], places) for edge in content.differentials.values()),
        meanings=tuple(
            Meaning(
                dataset=entry.dataset,
                label=entry.label,
                concepts=entry.concepts,
                source=entry.source if DCTERMS.source in said[CROSSWALK] else None,
                remove=False,
                place=places.of(crosswalk_iri(entry.dataset, entry.label)),
            )
            for entry in content.crosswalk.values()
        ),
        signs=tuple(Sign(item, signs, places.of(FEATURE[item.id])) for item in content.features.values()),
        gone=tuple(Gone(retired, places.of(CONCEPT[retired.id])) for retired in content.retired.values()),
    )
    if not len(document):
        raise nothing_in(source, "SKOS concept")
    return document


def _row(concept: Concept, place: str) -> Incoming:
    return Incoming(
        key=concept.id,
        pref_label=concept.pref_label,
        parents=concept.parents,
        alt_labels=concept.alt_labels,
        hidden_labels=concept.hidden_labels,
        condition=concept.condition,
        definition=concept.definition,
        exact_match=concept.exact_match,
        close_match=concept.close_match,
        place=place,
        ambiguous_labels=concept.ambiguous_labels,
        profile=concept.profile,
        source=concept.source,
        review_status=concept.review_status,
    )


def _pair(edge: Differential, said: set[object], places: Places) -> Pair:
    return Pair(
        a=edge.a,
        b=edge.b,
        strength=edge.strength,
        features=edge.features,
        source=edge.source if DCTERMS.source in said else None,
        review_status=edge.review_status if SKR.reviewStatus in said else None,
        remove=False,
        place=places.of(DIFFERENTIAL[edge.id]),
    )


def _stated(said: set[object], fields: dict[URIRef, str]) -> frozenset[str]:
    return frozenset(field for predicate, field in fields.items() if predicate in said)
