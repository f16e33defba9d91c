"""An edit replaces what the vocabulary knows of a node, and leaves what others wrote beside it."""

from __future__ import annotations

import pytest
from rdflib import Graph

from kg_service.core.change import Move, PutConcept, Rename, Retire, SetCondition, SetLabels
from kg_service.core.concept import Concept, Condition
from kg_service.core.content import Content
from kg_service.store.codec import content_of
from kg_service.store.compile import statements_of
from kg_service.store.neighbourhood import findings_near
from kg_service.store.nodes import Nodes, edited, items_between, items_named, part_of, read_nodes
from kg_service.store.statement import Statement, parse_lines
from kg_service.store.turtle import read_files, read_folder, shape_files

from ..live import MINI, ROOT

BLUE = "https://w3id.org/skin-r1/concept/blue-nevus"


@pytest.fixture(scope="module")
def graph() -> Graph:
    return read_folder(MINI)


@pytest.fixture(scope="module")
def shapes() -> Graph:
    return read_files(shape_files(ROOT / "ontologies"), blank_nodes=True)


def nodes_of(graph: Graph) -> Nodes:
    found: dict[str, set[Statement]] = {}
    for statement in statements_of(graph):
        found.setdefault(statement.subject[1:-1], set()).add(statement)
    return {iri: frozenset(said) for iri, said in found.items()}


def edit(graph: Graph, change, *extra: Statement) -> tuple[Content, Nodes]:
    before = content_of(graph)
    after = change.apply(before)
    standing = dict(nodes_of(graph))
    for statement in extra:
        iri = statement.subject[1:-1]
        standing[iri] = standing[iri] | {statement}
    return after, edited(after, items_between(before, after), standing)


def test_only_what_changed_is_written_anew(graph: Graph):
    after, nodes = edit(graph, SetLabels("blue-nevus", ("naevus caeruleus",)))
    assert list(nodes) == [BLUE]
    assert nodes[BLUE] - nodes_of(graph)[BLUE] == {
        Statement(f"<{BLUE}>", "<http://www.w3.org/2004/02/skos/core#altLabel>", '"naevus caeruleus"@en')
    }
    items = items_named(nodes, after)
    assert read_nodes(nodes) == part_of(after, items)


def test_notes_and_labels_in_other_languages_stay(graph: Graph):
    note = Statement(f"<{BLUE}>", "<http://www.w3.org/2004/02/skos/core#note>", '"seen in Jena"@en')
    german = Statement(f"<{BLUE}>", "<http://www.w3.org/2004/02/skos/core#altLabel>", '"blauer N\u00e4vus"@de')
    _, nodes = edit(graph, SetLabels("blue-nevus", ("blauer N\u00e4vus", "blue mole")), note, german)
    assert {note, german} <= nodes[BLUE]
    _, nodes = edit(graph, SetLabels("blue-nevus", ("blue mole",)), note, german)
    assert note in nodes[BLUE]
    assert german not in nodes[BLUE]


def test_a_retired_concept_says_so_in_the_standard_words(graph: Graph):
    _, nodes = edit(graph, Retire("nodular-melanoma", ("melanoma",)))
    said = {(s.predicate, s.object) for s in nodes["https://w3id.org/skin-r1/concept/nodular-melanoma"]}
    true = '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>'
    assert ("<http://www.w3.org/2002/07/owl#deprecated>", true) in said
    instead = "<https://w3id.org/skin-r1/concept/melanoma>"
    assert ("<http://purl.org/dc/terms/isReplacedBy>", instead) in said
    assert not any(predicate.endswith("inScheme>") for predicate, _ in said)


def test_what_is_gone_has_no_statement(graph: Graph):
    _, nodes = edit(graph, Retire("nodular-melanoma", ("melanoma",)))
    _, gone = edit(graph, Retire("psoriasis"))
    assert gone["https://w3id.org/skin-r1/differential/melanoma--psoriasis"] == frozenset()
    assert all(nodes.values())


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (Rename("blue-nevus", "x"), "skos:prefLabel"),
        (PutConcept(Concept("q", "q disease", ("irregular-border",), Condition.BENIGN)), "not a disease"),
        (SetCondition("blue-nevus", None), "needs a condition"),
        (PutConcept(Concept("q", "q disease", ("melanoma",), Condition.BENIGN, review_status="seen")), "review status"),
    ],
)
def test_the_shapes_find_in_one_edit_what_they_find_in_the_whole(graph: Graph, shapes: Graph, change, named: str):
    before = content_of(graph)
    after, nodes = edit(graph, change)
    found = findings_near(after, items_between(before, after), nodes, shapes)
    assert found
    assert any(named in finding for finding in found), found


@pytest.mark.parametrize("change", [SetLabels("melanoma", ("m",)), Move("blue-nevus", ("neoplasm",))], ids=str)
def test_the_shapes_find_nothing_in_a_good_edit(graph: Graph, shapes: Graph, change):
    before = content_of(graph)
    after, nodes = edit(graph, change)
    assert findings_near(after, items_between(before, after), nodes, shapes) == ()


def test_lines_are_read_back_as_they_were_written():
    said = Statement("<a:b>", "<a:c>", '"one two \u2028 . three"@en')
    assert parse_lines(said.line + "\n") == (said,)
