from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Literal
from rdflib.compare import isomorphic
from rdflib.namespace import RDF, SKOS

from kg_service.core.concept import (
    Concept,
    Condition,
    CrosswalkEntry,
    Differential,
    Feature,
    FeatureKind,
    Polarity,
    Retired,
)
from kg_service.core.concept import Strength as S
from kg_service.core.content import Content
from kg_service.core.errors import KnowledgeInvalid
from kg_service.store.codec import content_of, crosswalk_iri, graph_of
from kg_service.store.turtle import read_folder
from kg_service.store.vocabulary import CONCEPT, CROSSWALK, FEATURE, SKR

from ..live import MINI

ids = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,12}", fullmatch=True).filter(lambda text: "--" not in text)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1, max_size=20)
iris = st.from_regex(r"http://example\.org/[a-z0-9]{1,6}", fullmatch=True)
labels = st.sets(texts, max_size=3).map(lambda found: tuple(sorted(found)))
matches = st.sets(iris, max_size=2).map(lambda found: tuple(sorted(found)))


@st.composite
def contents(draw: st.DrawFn) -> Content:
    names = sorted(draw(st.sets(ids, min_size=2, max_size=5)))
    features = sorted(draw(st.sets(ids, max_size=3)))
    concepts = []
    for name in names:
        others = [other for other in names if other != name]
        parents = draw(st.lists(st.sampled_from(others), unique=True, max_size=2))
        preferred = draw(texts)
        profile = {f: draw(st.sampled_from(Polarity)) for f in features if draw(st.booleans())}
        concepts.append(
            Concept(
                name, preferred, (*parents[:1], *sorted(parents[1:])), draw(st.none() | st.sampled_from(Condition)),
                tuple(label for label in draw(labels) if label != preferred), draw(labels), draw(labels),
                draw(st.just("") | texts), tuple(sorted(profile.items())), draw(matches), draw(matches),
                draw(st.just("") | texts), draw(st.sampled_from(["reviewed", "unreviewed"])),
            )
        )  # fmt: skip
    edge = Differential(names[0], names[1], draw(st.sampled_from(S)), tuple(features))
    entry = CrosswalkEntry(draw(texts), draw(texts), tuple(names[:2]))
    kinds = st.sampled_from(FeatureKind)
    gone = Retired("gone", draw(texts), tuple(names[:2]), draw(st.just("") | texts))
    return Content(
        {concept.id: concept for concept in concepts},
        {f: Feature(f, draw(texts), draw(kinds), close_match=draw(matches)) for f in features},
        {edge.id: edge},
        {(entry.dataset, entry.label): entry},
        {gone.id: gone},
    )


@given(contents())
def test_values_come_back_from_the_graph_unchanged(content: Content):
    assert content_of(graph_of(content)) == content


@given(contents())
def test_a_graph_comes_back_from_the_values_isomorphic(content: Content):
    graph = graph_of(content)
    assert isomorphic(graph_of(content_of(graph)), graph)


def test_the_mini_ontology_comes_back_isomorphic():
    graph = read_folder(MINI)
    for scheme in list(graph.subjects(RDF.type, SKOS.ConceptScheme)):
        graph.remove((scheme, None, None))
    assert isomorphic(graph_of(content_of(graph)), graph)


hyphens = st.text("-a ", min_size=1, max_size=4)


@given(hyphens, hyphens, hyphens, hyphens)
def test_two_crosswalk_entries_never_share_a_name(dataset: str, label: str, other_dataset: str, other_label: str):
    same = (dataset, label) == (other_dataset, other_label)
    clash = crosswalk_iri(dataset, label) == crosswalk_iri(other_dataset, other_label)
    assert clash is same


def test_a_label_in_another_language_becomes_a_further_label():
    graph = read_folder(MINI)
    graph.add((CONCEPT["blue-nevus"], SKOS.prefLabel, Literal("blauer Nävus", lang="de")))
    concept = next(c for c in content_of(graph).concepts.values() if c.id == "blue-nevus")
    assert concept.pref_label == "blue nevus"
    assert concept.alt_labels == ("blauer Nävus",)


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ((CONCEPT["melanoma"], SKR.conditon, SKR.malignant), "has the property skr:conditon, which the vocabulary"),
        ((CONCEPT["melanoma"], SKR.condition, SKR.evil), "needs one skr:condition of"),
        ((CONCEPT["melanoma"], SKOS.broader, FEATURE["scale"]), "skos:broader feature:scale, which is not of"),
        ((CONCEPT["blue-nevus"], SKOS.broader, CONCEPT["melanoma"]), "has 2 parents; say which is skr:primaryParent"),
        ((CONCEPT["blue-nevus"], SKR.primaryParent, CONCEPT["melanoma"]), "must name one of its skos:broader"),
        ((CONCEPT["blue-nevus"], SKOS.prefLabel, Literal("second", lang="en")), "2 English skos:prefLabel"),
        ((CONCEPT["untyped"], SKOS.prefLabel, Literal("x", lang="en")), "is not said to be a skos:Concept"),
        ((CONCEPT["no/good"], RDF.type, SKOS.Concept), "is not a usable id"),
        ((CONCEPT["a--b"], RDF.type, SKOS.Concept), "two hyphens on end"),
        ((FEATURE["scale"], SKR.featureKind, Literal("smell")), "skr:featureKind"),
    ],
)
def test_a_statement_without_a_place_in_the_vocabulary_is_a_finding(statement: tuple, sentence: str):
    graph = read_folder(MINI)
    graph.add(statement)
    with pytest.raises(KnowledgeInvalid, match=sentence):
        content_of(graph)


def test_an_entry_under_a_name_of_its_own_is_a_finding_for_no_edit_would_reach_it():
    graph = read_folder(MINI)
    node = CROSSWALK["my-own"]
    for predicate, said in ((RDF.type, SKR.CrosswalkEntry), (SKR.dataset, Literal("a")), (SKR.label, Literal("b"))):
        graph.add((node, predicate, said))
    with pytest.raises(KnowledgeInvalid, match="my-own must be named after its dataset and label"):
        content_of(graph)
