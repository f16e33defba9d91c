"""SKOS: foreign thesauri understood, our own vocabulary written."""

from __future__ import annotations

import json

import pytest
from rdflib import Graph
from rdflib.compare import isomorphic

from kg_service.core.concept import Condition
from kg_service.core.errors import TurtleBroken
from kg_service.exchange.incoming import plan
from kg_service.exchange.skos import read_skos, write_jsonld, write_turtle
from kg_service.store.codec import content_of

FOREIGN = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix ex: <http://example.org/derm#> .
@prefix doid: <http://purl.obolibrary.org/obo/DOID_> .

ex:scheme a skos:ConceptScheme ; skos:prefLabel "A thesaurus"@en .

ex:nevi a skos:Concept ;
    skos:prefLabel "melanocytic nevus"@en, "Nävuszellnävus"@de ;
    skos:narrower ex:spitz .

ex:spitz a skos:Concept ;
    skos:prefLabel "Nevus de Spitz"@fr, "Spitz nevus"@en, "Spitz naevus"@en-GB ;
    skos:altLabel "juvenile melanoma" ;
    skos:hiddenLabel "Spits nevus"@en ;
    skos:definition "Ein Nävus."@de, "A nevus of large cells."@en ;
    skos:exactMatch doid:0060488 ;
    skos:closeMatch <http://example.org/other/1> .

<http://example.org/derm/agminated> a skos:Concept ;
    skos:prefLabel "Nevus agminatus"@la, "Agminierter Spitznävus"@de ;
    skos:note [ skos:example "a blank node is no matter here" ] ;
    skos:broader ex:spitz .
"""


def test_a_foreign_thesaurus_becomes_changes(knowledge, put):
    rows = read_skos(put("in.ttl", FOREIGN))
    spitz = next(row for row in rows if row.key.endswith("#spitz"))
    assert spitz.place.endswith("in.ttl, line 12")
    assert (spitz.pref_label, spitz.parents) == ("Spitz nevus", ("http://example.org/derm#nevi",))
    assert spitz.alt_labels == ("Spitz naevus", "Nevus de Spitz", "juvenile melanoma")
    assert (spitz.hidden_labels, spitz.definition) == (("Spits nevus",), "A nevus of large cells.")
    found = plan(rows, knowledge)
    assert found.findings == ()
    assert found.sentences() == (
        "melanocytic-nevus is also called 'Nävuszellnävus'",
        "add 'Spitz nevus' (spitz-nevus) under melanocytic-nevus, also called 'Nevus de Spitz', 'juvenile melanoma', "
        "'Spits nevus'",
        "add 'Agminierter Spitznävus' (agminierter-spitznavus) under spitz-nevus, benign as its group is, "
        "also called 'Nevus agminatus'",
    )
    assert found.changes[1].concept.exact_match == ("http://purl.obolibrary.org/obo/DOID_0060488",)


def test_our_own_condition_and_primary_parent_are_read(knowledge, put):
    rows = {row.key: row for row in read_skos(put("out.ttl", write_turtle(knowledge)))}
    assert rows["melanoma"].parents == ("melanocytic-neoplasm", "malignant-neoplasm")
    assert rows["basal-cell-carcinoma"].condition is Condition.MALIGNANT
    assert rows.keys() == knowledge.concepts.keys()


def test_a_condition_of_no_known_word_is_a_finding(knowledge, put):
    odd = write_turtle(knowledge).replace("skr:nonNeoplastic", "skr:odd")
    [finding] = plan(read_skos(put("in.ttl", odd)), knowledge).findings
    assert "vocab#odd' is none of" in finding


def test_turtle_and_json_ld_say_the_same_all_of_it(knowledge, shipped):
    for whole in (knowledge, shipped):
        turtle = Graph().parse(data=write_turtle(whole), format="turtle")
        assert isomorphic(turtle, Graph().parse(data=write_jsonld(whole), format="json-ld"))
        back = content_of(turtle)
        assert back.concepts.keys() == whole.concepts.keys()
        assert len(back.differentials) == len(whole.differentials)


def test_json_ld_has_our_prefixes_and_a_graph_in_order(knowledge):
    document = json.loads(write_jsonld(knowledge))
    assert document["@context"]["concept"] == "https://w3id.org/skin-r1/concept/"
    names = [json.dumps(node, sort_keys=True) for node in document["@graph"]]
    assert names == sorted(names)
    assert any(node["@id"] == "concept:melanoma" for node in document["@graph"])


def test_broken_turtle_names_file_and_line(put):
    with pytest.raises(TurtleBroken, match=r"in\.ttl, line 2"):
        read_skos(put("in.ttl", "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n<urn:a> skos:prefLabel .\n"))
