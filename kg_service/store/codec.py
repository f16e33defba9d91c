"""Graph <-> the core's values, both ways.

`content_of(graph_of(content)) == content` always; `graph_of(content_of(graph))` is isomorphic to the graph's statements
about concepts, features, differentials and crosswalks, where those are made in the vocabulary and in English.
Labels in other languages reach the core as further labels: a German name resolves too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar
from urllib.parse import quote

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, OWL, RDF, SKOS
from rdflib.term import Node

from ..core.concept import (
    UNREVIEWED,
    Concept,
    Condition,
    CrosswalkEntry,
    Differential,
    Feature,
    FeatureKind,
    Polarity,
    Retired,
    Strength,
)
from ..core.content import Content
from ..core.errors import KnowledgeInvalid
from .vocabulary import (
    CONCEPT,
    CROSSWALK,
    DIFFERENTIAL,
    FEATURE,
    SCHEME,
    SKR,
    is_annotation,
    local,
    new_graph,
    shortened,
)

Word = TypeVar("Word", bound=StrEnum)

CONDITIONS: dict[URIRef, Condition] = {
    SKR.benign: Condition.BENIGN,
    SKR.precancerous: Condition.PRECANCEROUS,
    SKR.malignant: Condition.MALIGNANT,
    SKR.nonNeoplastic: Condition.NON_NEOPLASTIC,
}
STRENGTHS: dict[URIRef, Strength] = {SKR[step.value]: step for step in Strength}
POLARITIES: dict[URIRef, Polarity] = {SKR[polarity.value]: polarity for polarity in Polarity}

_LABELS = (SKOS.prefLabel, SKOS.altLabel)
_COMMON = {SKOS.definition, SKOS.closeMatch, DCTERMS.source, SKR.reviewStatus}
_CONCEPT = _COMMON.union(
    _LABELS,
    [SKOS.hiddenLabel, SKR.ambiguousLabel, SKOS.broader, SKR.primaryParent, SKR.condition, SKOS.exactMatch],
    POLARITIES,
)
_FEATURE = _COMMON.union(_LABELS, [SKR.featureKind, SKOS.exactMatch])
_DIFFERENTIAL = {SKR.between, SKR.strength, SKR.discriminatingFeature, DCTERMS.source, SKR.reviewStatus}
_CROSSWALK = {SKR.dataset, SKR.label, SKR.means, DCTERMS.source}
_RETIRED = {SKOS.prefLabel, DCTERMS.isReplacedBy, SKR.retiredBecause}

_SHORT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(slots=True)
class _Subject:
    """The statements about one node, and the complaints about them."""

    iri: URIRef
    said: dict[Node, list[Node]]
    findings: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return shortened(self.iri)

    def texts(self, predicate: URIRef, *, english: bool | None = None) -> list[str]:
        """Literals, sorted. `english`: only those in English or without a language, or only the others."""
        found = [o for o in self.said.get(predicate, ()) if isinstance(o, Literal)]
        if len(found) < len(self.said.get(predicate, ())):
            self.findings.append(f"{self.name} has a {shortened(predicate)} that is not text")
        return sorted(str(o) for o in found if english is None or _is_english(o) is english)

    def text(self, predicate: URIRef) -> str:
        found = self.texts(predicate, english=True)
        if len(found) > 1:
            self.findings.append(f"{self.name} has {len(found)} English {shortened(predicate)}, but may have one")
        return found[0] if found else ""

    def iris(self, predicate: URIRef) -> list[str]:
        return sorted(str(o) for o in self.said.get(predicate, ()))

    def ids(self, predicate: URIRef, namespace: Namespace) -> list[str]:
        """Short ids of the nodes it points to, sorted."""
        found: list[str] = []
        for node in self.said.get(predicate, ()):
            short = local(node, namespace)
            if short is None:
                self.findings.append(
                    f"{self.name} {shortened(predicate)} {shortened(node)}, which is not of {namespace}"
                )
            else:
                found.append(short)
        return sorted(found)

    def word(self, predicate: URIRef, words: dict[URIRef, Word]) -> Word | None:
        nodes = self.said.get(predicate, [])
        known = [words[node] for node in nodes if isinstance(node, URIRef) and node in words]
        if len(nodes) > 1 or len(known) < len(nodes):
            allowed = ", ".join(shortened(word) for word in words)
            self.findings.append(f"{self.name} needs one {shortened(predicate)} of {allowed}")
        return known[0] if known else None

    def source(self) -> str:
        return "; ".join(sorted(str(node) for node in self.said.get(DCTERMS.source, ())))

    def review_status(self) -> str:
        return self.text(SKR.reviewStatus) or UNREVIEWED


def _is_english(literal: Literal) -> bool:
    return (literal.language or "en").partition("-")[0] == "en"


def content_of(graph: Graph) -> Content:
    """What a graph says, as the core's values.

    Raises:
        KnowledgeInvalid: statements that the vocabulary has no place for; one finding each. Whether the whole makes
            sense (cycles, labels, conditions) is for `core.knowledge.Knowledge` to say.
    """
    subjects: dict[Node, dict[Node, list[Node]]] = {}
    for s, p, o in graph:
        subjects.setdefault(s, {}).setdefault(p, []).append(o)
    findings: list[str] = []

    def read(
        namespace: Namespace, type_: URIRef, known: set[URIRef], one: Callable[[_Subject, str], Item]
    ) -> list[Item]:
        items: list[Item] = []
        for iri in sorted(s for s in subjects if isinstance(s, URIRef) and s.startswith(namespace)):
            if namespace == CONCEPT and (SKR.RetiredConcept in subjects[iri].get(RDF.type, ())) != (one is _retired):
                continue
            subject, id_ = _Subject(iri, subjects[iri]), iri[len(namespace) :]
            subject.findings += _unplaced(subject, id_, type_, known)
            items.append(one(subject, id_))
            findings.extend(dict.fromkeys(subject.findings))
        return items

    concepts = read(CONCEPT, SKOS.Concept, _CONCEPT, _concept)
    retired = read(CONCEPT, SKR.RetiredConcept, _RETIRED, _retired)
    features = read(FEATURE, SKR.Feature, _FEATURE, _feature)
    edges = read(DIFFERENTIAL, SKR.Differential, _DIFFERENTIAL, _differential)
    entries = read(CROSSWALK, SKR.CrosswalkEntry, _CROSSWALK, _entry)
    crosswalk = {(entry.dataset, entry.label): entry for entry in entries}
    if findings:
        raise KnowledgeInvalid("the ontology says what the vocabulary has no place for:", tuple(findings))
    return Content(
        {concept.id: concept for concept in concepts},
        {feature.id: feature for feature in features},
        {edge.id: edge for edge in edges},
        dict(sorted(crosswalk.items())),
        {gone.id: gone for gone in retired},
    )


Item = TypeVar("Item", Concept, Feature, Differential, CrosswalkEntry, Retired)


def _unplaced(subject: _Subject, id_: str, type_: URIRef, known: set[URIRef]) -> list[str]:
    found: list[str] = []
    if not _SHORT_ID.fullmatch(id_) and type_ != SKR.CrosswalkEntry:
        found.append(f"{subject.name} is not a usable id; use letters, digits, hyphens, dots and underscores")
    if "--" in id_ and type_ in (SKOS.Concept, SKR.RetiredConcept):
        found.append(f"{subject.name} is not a usable id: two hyphens on end join the names of a differential")
    if type_ not in subject.said.get(RDF.type, ()):
        found.append(f"{subject.name} is not said to be a {shortened(type_)}")
    for predicate in subject.said:
        if isinstance(predicate, URIRef) and predicate not in known and not is_annotation(predicate):
            found.append(f"{subject.name} has the property {shortened(predicate)}, which the vocabulary does not know")
    return found


def _names(subject: _Subject) -> tuple[str, tuple[str, ...]]:
    preferred = subject.text(SKOS.prefLabel)
    if not preferred:
        subject.findings.append(f"{subject.name} has no skos:prefLabel in English")
    others = {*subject.texts(SKOS.altLabel), *subject.texts(SKOS.prefLabel, english=False)}
    return preferred, tuple(sorted(others - {preferred}))


def _concept(subject: _Subject, id_: str) -> Concept:
    preferred, others = _names(subject)
    return Concept(
        id=id_,
        pref_label=preferred,
        parents=_parents(subject),
        condition=subject.word(SKR.condition, CONDITIONS),
        alt_labels=others,
        hidden_labels=tuple(subject.texts(SKOS.hiddenLabel)),
        ambiguous_labels=tuple(subject.texts(SKR.ambiguousLabel)),
        definition=subject.text(SKOS.definition),
        profile=tuple(
            sorted((id_, polarity) for term, polarity in POLARITIES.items() for id_ in subject.ids(term, FEATURE))
        ),
        exact_match=tuple(subject.iris(SKOS.exactMatch)),
        close_match=tuple(subject.iris(SKOS.closeMatch)),
        source=subject.source(),
        review_status=subject.review_status(),
    )


def _parents(subject: _Subject) -> tuple[str, ...]:
    """The parents, the primary one first; a single parent needs no mark."""
    parents, primary = subject.ids(SKOS.broader, CONCEPT), subject.ids(SKR.primaryParent, CONCEPT)
    if len(primary) > 1 or not set(primary) <= set(parents):
        subject.findings.append(f"{subject.name} must name one of its skos:broader as skr:primaryParent")
    elif len(parents) > 1 and not primary:
        subject.findings.append(f"{subject.name} has {len(parents)} parents; say which is skr:primaryParent")
    return (*primary[:1], *(parent for parent in parents if parent not in primary[:1]))


def _feature(subject: _Subject, id_: str) -> Feature:
    preferred, others = _names(subject)
    word = subject.text(SKR.featureKind)
    if word not in set(FeatureKind):
        subject.findings.append(f"{subject.name} needs a skr:featureKind of {', '.join(FeatureKind)}")
        word = FeatureKind.MORPHOLOGY.value  # never used: the finding above refuses the whole graph
    return Feature(
        id=id_,
        pref_label=preferred,
        kind=FeatureKind(word),
        alt_labels=others,
        definition=subject.text(SKOS.definition),
        close_match=tuple(sorted({*subject.iris(SKOS.closeMatch), *subject.iris(SKOS.exactMatch)})),
        source=subject.source(),
        review_status=subject.review_status(),
    )


def _differential(subject: _Subject, id_: str) -> Differential:
    ends = subject.ids(SKR.between, CONCEPT)
    if len(ends) != 2 or id_ != "--".join(ends):
        subject.findings.append(
            f"{subject.name} must lie skr:between two concepts and be named after them, in alphabetical order with -- "
            "between them"
        )
    strength = subject.word(SKR.strength, STRENGTHS)
    if strength is None:
        subject.findings.append(f"{subject.name} has no skr:strength")
    return Differential(
        a=ends[0] if ends else "",
        b=ends[-1] if ends else "",
        strength=strength or Strength.WEAK,
        features=tuple(subject.ids(SKR.discriminatingFeature, FEATURE)),
        source=subject.source(),
        review_status=subject.review_status(),
    )


def _entry(subject: _Subject, _id: str) -> CrosswalkEntry:
    dataset, label = subject.text(SKR.dataset), subject.text(SKR.label)
    if not dataset or not label:
        subject.findings.append(f"{subject.name} needs a skr:dataset and a skr:label")
    elif subject.iri != (named := crosswalk_iri(dataset, label)):
        # An edit of the entry goes to the node of this name, and would leave another one standing.
        subject.findings.append(f"{subject.name} must be named after its dataset and label: <{named}>")
    return CrosswalkEntry(dataset, label, tuple(subject.ids(SKR.means, CONCEPT)), subject.source())


def _retired(subject: _Subject, id_: str) -> Retired:
    return Retired(
        id_,
        subject.text(SKOS.prefLabel) or id_,
        tuple(subject.ids(DCTERMS.isReplacedBy, CONCEPT)),
        subject.text(SKR.retiredBecause),
    )


# -- and back ----------------------------------------------------------------------------------------------------


def graph_of(content: Content) -> Graph:
    """The statements that say this content, in our vocabulary, texts in English."""
    graph = new_graph()
    terms = {word: term for table in (CONDITIONS, STRENGTHS, POLARITIES) for term, word in table.items()}
    for concept in content.concepts.values():
        node = CONCEPT[concept.id]
        _state(graph, node, RDF.type, [SKOS.Concept])
        _state(graph, node, SKOS.inScheme, [SCHEME.dermatology])
        _state_names(graph, node, concept)
        _state(graph, node, SKOS.hiddenLabel, _english(concept.hidden_labels))
        _state(graph, node, SKR.ambiguousLabel, _english(concept.ambiguous_labels))
        _state(graph, node, SKOS.broader, (CONCEPT[parent] for parent in concept.parents))
        if len(concept.parents) > 1:
            _state(graph, node, SKR.primaryParent, [CONCEPT[concept.parents[0]]])
        if concept.condition is not None:
            _state(graph, node, SKR.condition, [terms[concept.condition]])
        for feature, polarity in concept.profile:
            _state(graph, node, terms[polarity], [FEATURE[feature]])
        _state(graph, node, SKOS.exactMatch, map(URIRef, concept.exact_match))
    for feature in content.features.values():
        node = FEATURE[feature.id]
        _state(graph, node, RDF.type, [SKR.Feature, SKOS.Concept])
        _state(graph, node, SKOS.inScheme, [SCHEME.features])
        _state(graph, node, SKR.featureKind, [Literal(feature.kind.value)])
        _state_names(graph, node, feature)
    for edge in content.differentials.values():
        node = DIFFERENTIAL[edge.id]
        _state(graph, node, RDF.type, [SKR.Differential])
        _state(graph, node, SKR.between, [CONCEPT[edge.a], CONCEPT[edge.b]])
        _state(graph, node, SKR.strength, [terms[edge.strength]])
        _state(graph, node, SKR.discriminatingFeature, (FEATURE[feature] for feature in edge.features))
        _state_origin(graph, node, edge.source, edge.review_status)
    for entry in content.crosswalk.values():
        node = crosswalk_iri(entry.dataset, entry.label)
        _state(graph, node, RDF.type, [SKR.CrosswalkEntry])
        _state(graph, node, SKR.dataset, [Literal(entry.dataset)])
        _state(graph, node, SKR.label, [Literal(entry.label)])
        _state(graph, node, SKR.means, (CONCEPT[concept] for concept in entry.concepts))
        _state_origin(graph, node, entry.source, "")
    for gone in content.retired.values():
        node = CONCEPT[gone.id]
        _state(graph, node, RDF.type, [SKR.RetiredConcept])
        _state(graph, node, OWL.deprecated, [Literal(True)])
        _state(graph, node, SKOS.prefLabel, _english([gone.pref_label]))
        _state(graph, node, DCTERMS.isReplacedBy, (CONCEPT[instead] for instead in gone.replaced_by))
        _state(graph, node, SKR.retiredBecause, _english([gone.note] if gone.note else []))
    return graph


def crosswalk_iri(dataset: str, label: str) -> URIRef:
    """The name of a crosswalk entry: both words percent-encoded, so that no two entries share one."""
    return CROSSWALK[f"{_unmistakable(dataset)}--{_unmistakable(label)}"]


def _unmistakable(text: str) -> str:
    """Percent-encoded, hyphens too where they could be taken for the joint."""
    encoded = quote(text, safe="").replace("--", "-%2D")
    encoded = "%2D" + encoded[1:] if encoded.startswith("-") else encoded
    return encoded[:-1] + "%2D" if encoded.endswith("-") else encoded


def _state(graph: Graph, node: URIRef, predicate: URIRef, objects: Iterable[Node]) -> None:
    for item in objects:
        graph.add((node, predicate, item))


def _english(texts: Iterable[str]) -> Iterable[Literal]:
    return (Literal(text, lang="en") for text in texts)


def _state_names(graph: Graph, node: URIRef, item: Concept | Feature) -> None:
    _state(graph, node, SKOS.prefLabel, _english([item.pref_label]))
    # SKOS lets no name be both, and it is read back as the preferred one alone.
    _state(graph, node, SKOS.altLabel, _english(label for label in item.alt_labels if label != item.pref_label))
    _state(graph, node, SKOS.definition, _english([item.definition] if item.definition else []))
    _state(graph, node, SKOS.closeMatch, map(URIRef, item.close_match))
    _state_origin(graph, node, item.source, item.review_status)


def _state_origin(graph: Graph, node: URIRef, source: str, review_status: str) -> None:
    _state(graph, node, DCTERMS.source, [Literal(source)] if source else [])
    _state(graph, node, SKR.reviewStatus, [Literal(review_status)] if review_status else [])
