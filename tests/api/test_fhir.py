"""The FHIR face says what the core says, in FHIR's words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from kg_service.api.fhir import codes, maps, sets
from kg_service.api.fhir.systems import DOID, ICD10CM, SYSTEM, crosswalk_system
from kg_service.core.concept import Condition, CrosswalkEntry, Retired
from kg_service.core.knowledge import Knowledge
from kg_service.core.labels import Ambiguous, Resolved
from kg_service.wire.fhir import CapabilityStatement, OperationOutcome, Parameters, ValueSet

from ..mini import CONCEPTS, CROSSWALK, DIFFERENTIALS, FEATURES

ALL = f"{SYSTEM}?fhir_vs"


@pytest.fixture(scope="module")
def fhir(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{url}/fhir") as client:
        yield client


@pytest.fixture(scope="module")
def matched() -> Knowledge:
    """The small knowledge with codes of others, and with an id that was split and one that is gone. The codes are made
    up."""
    exact = ("http://purl.obolibrary.org/obo/DOID_1", "http://purl.obolibrary.org/obo/DOID_2")
    close = ("http://purl.bioontology.org/ontology/ICD10CM/X00.0", "https://example.org/terms#abc")
    concepts = [replace(c, exact_match=exact, close_match=close) if c.id == "psoriasis" else c for c in CONCEPTS]
    retired = (Retired("mole", "mole", ("blue-nevus", "junctional-nevus")), Retired("gone", "gone"))
    return Knowledge(concepts, FEATURES, DIFFERENTIALS, CROSSWALK, retired=retired)


def values(resource: dict[str, Any], name: str) -> list[Any]:
    """The values, or lists of parts, of every parameter of this name."""
    found = [item for item in resource["parameter"] if item["name"] == name]
    return [next(value for key, value in item.items() if key != "name") for item in found]


def properties(resource: dict[str, Any]) -> list[tuple[str, Any]]:
    return [
        tuple(next(v for k, v in part.items() if k != "name") for part in parts)
        for parts in values(resource, "property")
    ]


def matches(resource: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(equivalence, system, code) of each match."""
    found = []
    for parts in values(resource, "match"):
        named = {part["name"]: part for part in parts}
        coding = named["concept"]["valueCoding"]
        found.append((named["equivalence"]["valueCode"], coding["system"], coding["code"]))
    return found


def asked_with(**given: str) -> dict[str, Any]:
    named = [{"name": name, "valueString": value} for name, value in given.items()]
    return {"resourceType": "Parameters", "parameter": named}


# -- code system -------------------------------------------------------------------------------------------------------


def test_subsumption_is_the_cores_for_every_pair(fhir: httpx.Client, knowledge: Knowledge):
    for a in knowledge.concepts:
        for b in knowledge.concepts:
            if a == b:
                expected = "equivalent"
            elif knowledge.is_ancestor(a, b):
                expected = "subsumes"
            else:
                expected = "subsumed-by" if knowledge.is_ancestor(b, a) else "not-subsumed"
            answer = fhir.get("/CodeSystem/$subsumes", params={"system": SYSTEM, "codeA": a, "codeB": b})
            assert values(answer.json(), "outcome") == [expected]


def test_lookup_says_of_every_concept_what_the_core_says(fhir: httpx.Client, knowledge: Knowledge):
    for id_, concept in knowledge.concepts.items():
        body = fhir.get("/CodeSystem/$lookup", params={"system": SYSTEM, "code": id_}).json()
        assert values(body, "display") == [concept.pref_label]
        assert values(body, "version") == ["1"]
        said = properties(body)
        assert [value for code, value in said if code == "parent"] == list(concept.parents)
        assert [value for code, value in said if code == "child"] == list(knowledge.children(id_))
        assert dict(said)["level"] == knowledge.level(id_)
        assert dict(said).get("condition") == knowledge.condition(id_)
        names = [parts[1]["valueString"] for parts in values(body, "designation")]
        assert names == [*concept.alt_labels, *concept.ambiguous_labels]


def test_lookup_gives_only_the_properties_that_are_wanted(fhir: httpx.Client):
    asked = {"code": "melanoma", "property": ["parent", "level"]}
    body = fhir.get("/CodeSystem/$lookup", params=asked).json()
    assert {code for code, _ in properties(body)} == {"parent", "level"}


def test_a_code_is_valid_exactly_when_it_is_a_concept(fhir: httpx.Client, knowledge: Knowledge):
    for id_ in [*knowledge.concepts, "no-such", "scale", ""]:
        body = fhir.get("/CodeSystem/$validate-code", params={"url": SYSTEM, "code": id_}).json()
        assert values(body, "result") == [id_ in knowledge.concepts]


@pytest.mark.parametrize(
    ("display", "valid"), [("Basal Cell Carcinoma", True), ("rodent ulcer", True), ("melanoma", False)]
)
def test_a_display_is_valid_when_it_names_the_code(fhir: httpx.Client, display: str, valid: bool):
    asked = {"url": SYSTEM, "code": "basal-cell-carcinoma", "display": display}
    body = fhir.get("/CodeSystem/$validate-code", params=asked).json()
    assert values(body, "result") == [valid]
    assert values(body, "display") == ["basal cell carcinoma"]


def test_a_retired_id_is_inactive_and_says_what_stands_for_it(matched: Knowledge):
    found = codes.lookup(matched, "1", "mole")
    assert properties(found) == [("inactive", True), ("replacedBy", "blue-nevus"), ("replacedBy", "junctional-nevus")]
    assert "blue-nevus or junctional-nevus" in values(codes.validate(matched, SYSTEM, "mole"), "message")[0]
    assert values(codes.validate(matched, SYSTEM, "gone"), "message") == ["inactive: nothing replaces it"]
    assert values(sets.validate_in(matched, ALL, SYSTEM, "mole"), "result") == [False]


# -- value sets --------------------------------------------------------------------------------------------------------


def expanded(answer: httpx.Response) -> list[str]:
    return [row.code for row in ValueSet.model_validate(answer.json()).expansion.contains]


def test_isa_is_the_concept_and_the_cores_descendants(fhir: httpx.Client, knowledge: Knowledge):
    for id_ in knowledge.concepts:
        answer = fhir.get("/ValueSet/$expand", params={"url": f"{ALL}=isa/{id_}"})
        assert expanded(answer) == [id_, *knowledge.descendants(id_)]
        for code in knowledge.concepts:
            asked = {"url": f"{ALL}=isa/{id_}", "system": SYSTEM, "code": code}
            inside = fhir.get("/ValueSet/$validate-code", params=asked).json()
            assert values(inside, "result") == [code == id_ or knowledge.is_ancestor(id_, code)]


@pytest.mark.parametrize("condition", list(Condition))
def test_condition_is_the_cores_condition(fhir: httpx.Client, knowledge: Knowledge, condition: Condition):
    answer = fhir.get("/ValueSet/$expand", params={"url": f"{ALL}=condition/{condition}"})
    assert expanded(answer) == [id_ for id_ in knowledge.concepts if knowledge.condition(id_) is condition]


def test_pages_of_an_expansion_are_the_whole(fhir: httpx.Client, knowledge: Knowledge):
    seen: list[str] = []
    while True:
        answer = fhir.get("/ValueSet/$expand", params={"url": ALL, "offset": len(seen), "count": 5})
        assert answer.json()["expansion"]["total"] == len(knowledge.concepts)
        page = expanded(answer)
        if not page:
            break
        seen += page
    assert seen == list(knowledge.concepts)


def test_a_filter_finds_what_search_finds_inside_the_set(fhir: httpx.Client, knowledge: Knowledge):
    found = [id_ for id_, _ in knowledge.search("neo", 100)]
    assert expanded(fhir.get("/ValueSet/$expand", params={"url": ALL, "filter": "neo"})) == found
    inside = expanded(fhir.get("/ValueSet/$expand", params={"url": f"{ALL}=isa/melanoma", "filter": "mel"}))
    assert inside
    assert set(inside) <= {"melanoma", *knowledge.descendants("melanoma")}


def test_designations_come_when_they_are_wanted(fhir: httpx.Client):
    asked = {"url": f"{ALL}=isa/basal-cell-carcinoma", "includeDesignations": "true"}
    [row] = fhir.get("/ValueSet/$expand", params=asked).json()["expansion"]["contains"]
    assert [each["value"] for each in row["designation"]] == ["BCC", "rodent ulcer"]


# -- concept map -------------------------------------------------------------------------------------------------------


def test_a_datasets_labels_mean_what_resolve_says(fhir: httpx.Client, knowledge: Knowledge):
    entries = [*CROSSWALK, CrosswalkEntry("ham10000", "rodent ulcer"), CrosswalkEntry("ham10000", "no melanoma")]
    for entry in entries:
        asked = {"system": crosswalk_system(entry.dataset), "code": entry.label, "targetsystem": SYSTEM}
        body = fhir.get("/ConceptMap/$translate", params=asked).json()
        found = knowledge.resolve(entry.label, dataset=entry.dataset)
        concepts = (found.concept,) if isinstance(found, Resolved) else ()
        concepts = found.concepts if isinstance(found, Ambiguous) else concepts
        equivalence = "equivalent" if isinstance(found, Resolved) else "relatedto"
        assert matches(body) == [(equivalence, SYSTEM, id_) for id_ in concepts]
        assert values(body, "result") == [bool(concepts)]


def test_exact_matches_are_equivalent_and_close_ones_related(matched: Knowledge):
    found = matches(maps.translate(matched, SYSTEM, "psoriasis"))
    assert found == [
        ("equivalent", DOID.uri, "DOID:1"),
        ("equivalent", DOID.uri, "DOID:2"),
        ("relatedto", ICD10CM.uri, "X00.0"),
        ("relatedto", "https://example.org/terms", "abc"),
    ]
    assert matches(maps.translate(matched, SYSTEM, "psoriasis", ICD10CM.uri)) == [found[2]]


def test_every_match_leads_back(matched: Knowledge):
    for equivalence, system, code in matches(maps.translate(matched, SYSTEM, "psoriasis")):
        assert matches(maps.translate(matched, system, code)) == [(equivalence, SYSTEM, "psoriasis")]


def test_the_version_of_anothers_code_system_asks_for_no_release_of_ours(fhir: httpx.Client):
    given = {"system": crosswalk_system("ham10000"), "version": "2018", "code": "nv"}
    assert values(fhir.get("/ConceptMap/$translate", params=given).json(), "result") == [True]
    coding = {"system": "http://snomed.info/sct", "version": "2018", "code": "1"}
    body = {"resourceType": "Parameters", "parameter": [{"name": "coding", "valueCoding": coding}]}
    assert values(fhir.post("/CodeSystem/$validate-code", json=body).json(), "result") == [False]


def test_a_concept_knows_the_labels_that_datasets_have_for_it(knowledge: Knowledge):
    ham = crosswalk_system("ham10000")
    assert matches(maps.translate(knowledge, SYSTEM, "melanocytic-nevus", ham)) == [("equivalent", ham, "nv")]


def test_a_retired_id_translates_to_what_stands_for_it(matched: Knowledge):
    found = matches(maps.translate(matched, SYSTEM, "mole"))
    assert found == [("relatedto", SYSTEM, "blue-nevus"), ("relatedto", SYSTEM, "junctional-nevus")]


def test_what_nothing_stands_for_is_a_plain_no(fhir: httpx.Client):
    for asked in (
        {"system": DOID.uri, "code": "DOID:0"},
        {"system": "urn:nowhere", "code": "x"},
        {"system": crosswalk_system("no-such"), "code": "melanoma"},
        {"system": SYSTEM, "code": "neoplasm", "targetsystem": DOID.uri},
    ):
        answer = fhir.get("/ConceptMap/$translate", params=asked)
        assert answer.status_code == 200
        assert values(answer.json(), "result") == [False]
        assert values(answer.json(), "message")


# -- manners -----------------------------------------------------------------------------------------------------------

OPERATIONS = [
    ("/CodeSystem/$lookup", {"system": SYSTEM, "code": "melanoma"}),
    ("/CodeSystem/$validate-code", {"url": SYSTEM, "code": "melanoma", "display": "melanoma"}),
    ("/CodeSystem/$subsumes", {"system": SYSTEM, "codeA": "neoplasm", "codeB": "melanoma"}),
    ("/ValueSet/$validate-code", {"url": ALL, "system": SYSTEM, "code": "melanoma"}),
    ("/ValueSet/$expand", {"url": ALL, "filter": "mel"}),
    ("/ConceptMap/$translate", {"system": crosswalk_system("ham10000"), "code": "nv"}),
]


@pytest.mark.parametrize(("path", "given"), OPERATIONS, ids=[path for path, _ in OPERATIONS])
def test_get_and_post_answer_alike(fhir: httpx.Client, path: str, given: dict[str, str]):
    got = fhir.get(path, params=given)
    posted = fhir.post(path, json=asked_with(**given))
    assert got.status_code == posted.status_code == 200
    assert got.headers["content-type"] == posted.headers["content-type"] == "application/fhir+json"
    assert got.json() == posted.json()
    model = ValueSet if path.endswith("$expand") else Parameters
    read = model.model_validate(got.json())
    assert read.model_dump(by_alias=True, exclude_unset=True) == got.json()


def test_codings_and_codeable_concepts_are_understood(fhir: httpx.Client):
    coding = {"system": SYSTEM, "code": "melanoma"}
    other = {"system": "http://snomed.info/sct", "code": "1"}
    for parameter in (
        {"name": "coding", "valueCoding": coding},
        {"name": "codeableConcept", "valueCodeableConcept": {"coding": [other, coding], "text": "a melanoma"}},
    ):
        body = {"resourceType": "Parameters", "parameter": [parameter]}
        assert values(fhir.post("/CodeSystem/$validate-code", json=body).json(), "result") == [True]
    ends = [{"name": "codingA", "valueCoding": {"code": "neoplasm"}}, {"name": "codingB", "valueCoding": coding}]
    body = {"resourceType": "Parameters", "parameter": ends}
    assert values(fhir.post("/CodeSystem/$subsumes", json=body).json(), "outcome") == ["subsumes"]
    ends[0]["valueCoding"]["system"] = other["system"]
    assert fhir.post("/CodeSystem/$subsumes", json=body).status_code == 404


@pytest.mark.parametrize(
    ("path", "given", "status", "issue"),
    [
        ("/CodeSystem/$lookup", {"code": "no-such"}, 404, "not-found"),
        ("/CodeSystem/$lookup", {"system": "urn:x", "code": "melanoma"}, 404, "not-found"),
        ("/CodeSystem/$lookup", {}, 422, "invalid"),
        ("/CodeSystem/$lookup", {"code": "melanoma", "version": "99"}, 404, "not-found"),
        ("/CodeSystem/$subsumes", {"codeA": "melanoma", "codeB": "no-such"}, 404, "not-found"),
        ("/ValueSet/$expand", {"url": f"{ALL}=isa/no-such"}, 404, "not-found"),
        ("/ValueSet/$expand", {"url": f"{ALL}=condition/unheard-of"}, 404, "not-found"),
        ("/ValueSet/$expand", {"url": ALL, "count": "-1"}, 422, "invalid"),
        ("/ValueSet/$expand", {"url": ALL, "count": "many"}, 422, "invalid"),
        ("/ValueSet/$validate-code", {"url": "urn:x", "code": "melanoma"}, 404, "not-found"),
        ("/ConceptMap/$translate", {"url": "urn:x", "system": SYSTEM, "code": "melanoma"}, 404, "not-found"),
        ("/ConceptMap/$translate", {"system": SYSTEM, "code": "no-such"}, 404, "not-found"),
    ],
)
def test_errors_are_operation_outcomes(fhir: httpx.Client, path: str, given: dict[str, str], status: int, issue: str):
    for answer in (fhir.get(path, params=given), fhir.post(path, json=asked_with(**given))):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/fhir+json"
        assert OperationOutcome.model_validate(answer.json()).issue[0].code == issue


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"resourceType":"Patient"}', b"\xff\xfe", b'{"parameter":[[]]}'])
def test_a_body_that_is_not_parameters_is_refused(fhir: httpx.Client, body: bytes):
    for path, _ in OPERATIONS:
        answer = fhir.post(path, content=body)
        assert answer.status_code == 422
        assert OperationOutcome.model_validate(answer.json())


@pytest.mark.parametrize(("accept", "status"), [("application/fhir+xml", 406), ("text/html, */*;q=0.5", 200)])
def test_only_json_is_spoken(fhir: httpx.Client, accept: str, status: int):
    answer = fhir.get("/metadata", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/fhir+json")
    assert fhir.get("/metadata", params={"_format": "xml"}).status_code == 406
    assert fhir.get("/metadata", params={"_format": "json"}, headers={"Accept": accept}).status_code == 200


def test_every_release_is_a_version_and_the_draft_is_one_too(own_service: tuple[str, str]):
    address, token = own_service
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}) as client:

        def names(**asked: str) -> list[str]:
            given = {"url": f"{ALL}=isa/psoriasis", "includeDesignations": "true", **asked}
            page = ValueSet.model_validate(client.get("/fhir/ValueSet/$expand", params=given).json())
            assert page.expansion.timestamp.endswith("Z")
            assert page.status == ("draft" if page.version == "draft" else "active")
            return [page.version, *(each.value for each in page.expansion.contains[0].designation or ())]

        synonym = {"change": "set-labels", "concept": "psoriasis", "alt": ["psoriasis vulgaris"]}
        made = client.post("/v1/proposals", json={"changes": [synonym], "message": "a synonym"})
        assert made.json()["state"] == "accepted"
        assert names() == ["1"]
        assert names(release="draft") == ["draft", "psoriasis vulgaris"]
        assert client.post("/v1/releases", json={"notes": "a synonym more"}).status_code == 201
        assert names() == names(valueSetVersion="2") == ["2", "psoriasis vulgaris"]
        assert names(valueSetVersion="1") == names(release="1") == ["1"]


def test_the_capabilities_name_every_operation_that_answers(fhir: httpx.Client):
    statement = fhir.get("/metadata").json()
    assert CapabilityStatement.model_validate(statement)
    named = {
        f"/{resource['type']}/${operation['name']}"
        for resource in statement["rest"][0]["resource"]
        for operation in resource["operation"]
    }
    assert named == {path for path, _ in OPERATIONS}
    terminology = fhir.get("/metadata", params={"mode": "terminology"}).json()
    assert terminology["codeSystem"][0] == {
        "uri": SYSTEM,
        "version": [{"code": "1", "isDefault": True}],
        "subsumption": True,
    }
