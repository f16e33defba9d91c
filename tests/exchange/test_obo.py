"""OBO: the Disease Ontology's way of writing, and ours."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from kg_service.core.change import Content, apply_all
from kg_service.core.concept import Concept, Condition
from kg_service.core.errors import KnowledgeInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.exchange.incoming import plan
from kg_service.exchange.obo import read_obo, write_obo

IRI = "http://purl.obolibrary.org/obo/DOID_"
FOREIGN = r"""! a comment first
format-version: 1.2
data-version: doid/releases/2025
import: http://127.0.0.1:9/nobody.obo
subsetdef: DO_cancer_slim "cancers"
ontology: doid

[Term]
id: DOID:1909
name: melanoma
def: "A cell type cancer that has_material_basis_in melanocytes, \"pigment\" cells." [url:http\://example.org/m]
subset: DO_cancer_slim
synonym: "melanosarcoma" EXACT []
synonym: "Naevocarcinoma" EXACT [MTH:NOCODE]
synonym: "skin cancer" BROAD []
synonym: "lentigo" RELATED []
xref: ICDO:8720/3
xref: DOID:999
is_a: DOID:162 ! cancer

[Term]
id: DOID:162
name: cancer
is_a: SKR:neoplasm

[Term]
id: DOID:8923
name: desmoplastic melanoma
is_a: DOID:1909 ! melanoma

[Term]
id: DOID:4
name: old melanoma
is_obsolete: true
is_a: DOID:77777

[Typedef]
id: has_symptom
name: has symptom
"""


def test_the_disease_ontology_becomes_changes(knowledge, put):
    rows = read_obo(put("doid.obo", FOREIGN))
    melanoma = next(row for row in rows if row.key == "DOID:1909")
    assert melanoma.place.endswith("doid.obo, line 9")
    assert melanoma.alt_labels == ("Naevocarcinoma", "melanosarcoma")
    assert melanoma.exact_match == (IRI + "1909", IRI + "999")
    assert melanoma.definition.endswith('"pigment" cells.')
    found = plan(rows, knowledge, source="DOID")
    assert found.findings == ()
    assert found.sentences() == (
        "melanoma is also called 'Naevocarcinoma', 'melanosarcoma'",
        "melanoma also lies under cancer",
        f"melanoma gets the definition '{melanoma.definition}' and the match {IRI}1909 and the match {IRI}999",
        "add 'cancer' (cancer) under neoplasm",
        "add 'desmoplastic melanoma' (desmoplastic-melanoma) under melanoma, malignant as its group is",
    )


def test_obsolete_terms_are_skipped_and_a_parent_outside_the_file_is_looked_for_in_the_knowledge(knowledge, put):
    rows = read_obo(put("doid.obo", FOREIGN))
    assert {row.key for row in rows} == {"DOID:1909", "DOID:162", "DOID:8923"}
    lost = FOREIGN.replace("SKR:neoplasm", "DOID:77777")
    found = plan(read_obo(put("lost.obo", lost)), knowledge)
    assert any("its parent 'DOID:77777' is neither in the file nor a concept" in finding for finding in found.findings)


def test_the_real_disease_ontology_gives_changes_that_build_and_findings_that_name_their_line(
    shipped, shared_data, put
):
    def clauses(id_: str, term: dict) -> str:
        said = [f"[Term]\nid: {id_}\nname: {term['label']}"]
        said += [f'synonym: "{name}" EXACT []' for name in term["synonyms"]]
        said += [f'synonym: "{name}" BROAD []' for name in term["other_synonyms"]]
        said += [f"is_a: {parent}" for parent in term["parents"] if parent in terms]
        return "\n".join(said)

    terms = json.loads((shared_data / "doid" / "doid_skin.json").read_text())
    path = put("doid.obo", "format-version: 1.2\n\n" + "\n\n".join(clauses(*each) for each in terms.items()) + "\n")
    found = plan(read_obo(path), shipped, source="DOID")
    assert len(found.matched) > 100
    assert len(found.changes) > 100
    assert all(finding.startswith(f"{path}, line ") for finding in found.findings)
    edited = apply_all(found.changes, Content.of(shipped)).knowledge()
    # Not one group or disease that stood changed its condition.
    assert all(edited.condition(concept) is shipped.condition(concept) for concept in shipped.concepts)


def test_condition_primary_parent_and_hidden_labels_travel(put):
    whole = Knowledge(
        [
            Concept("a", "alpha"),
            Concept("z", "omega"),
            Concept(
                "m",
                "mu {x} ! \\ \"q\"",
                ("z", "a"),
                Condition.PRECANCEROUS,
                ("em é", "3"),
                ("mew",),
                definition='Said "so"; [x] {y}.',
                exact_match=(IRI + "12", "http://example.org/e?a=b#c"),
                close_match=("http://example.org/c(1)", IRI + "13"),
            ),
        ]
    )  # fmt: skip
    text = write_obo(whole)
    assert 'property_value: condition "precancerous or in situ" xsd:string' in text
    assert "property_value: primary_parent SKR:z" in text
    assert "xref: DOID:12" in text
    rows = {row.key: row for row in read_obo(put("out.obo", text))}
    assert replace(rows["m"], place="") == replace(
        rows["m"],
        place="",
        pref_label="mu {x} ! \\ \"q\"",
        parents=("z", "a"),
        condition=Condition.PRECANCEROUS,
        alt_labels=("3", "em é"),
        hidden_labels=("mew",),
        definition='Said "so"; [x] {y}.',
        exact_match=(IRI + "12", "http://example.org/e?a=b#c"),
        close_match=("http://example.org/c(1)", IRI + "13"),
    )  # fmt: skip
    assert plan(tuple(rows.values()), whole).unchanged == 3


def test_a_condition_of_no_known_word_is_a_finding(knowledge, put):
    text = '[Term]\nid: X:1\nname: alpha\nproperty_value: condition "borderline" xsd:string\n'
    assert "'borderline' is none of" in plan(read_obo(put("in.obo", text)), knowledge).findings[0]


def test_a_broken_line_and_a_term_stated_twice_are_named(put):
    with pytest.raises(KnowledgeInvalid, match=r"in\.obo, line 3: "):
        read_obo(put("in.obo", "ontology: x\n\n[Term\nid: X:1\n"))
    twice = "format-version: 1.2\n\n[Term]\nid: X:1\nname: a\n\n[Term]\nid: X:1\nname: b\n"
    with pytest.raises(KnowledgeInvalid, match=r"in\.obo, line 8: the term X:1 is stated twice"):
        read_obo(put("in.obo", twice))


def test_a_cycle_among_terms_is_a_finding(knowledge, put):
    text = "[Term]\nid: X:1\nname: alpha\nis_a: X:2\n\n[Term]\nid: X:2\nname: beta\nis_a: X:1\n"
    found = plan(read_obo(put("in.obo", text)), knowledge)
    assert len(found.findings) == 2
    assert all("a cycle" in finding for finding in found.findings)
