"""Every IRI of the knowledge is an address."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from urllib.parse import quote, urljoin

import httpx
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg_service.store.serialise import TURTLE

from ..live import MINI, ROOT, serving
from .test_sparql import expect_problem

BASE = "https://w3id.org/skin-r1/"


def follow(http: httpx.Client, iri: str, accept: str) -> httpx.Response:
    """Ask for an IRI as if its host were the service, and once more where that redirects."""
    answer = http.get("/" + iri.removeprefix(BASE), headers={"Accept": accept})
    if answer.status_code == 303:
        answer = http.get(urljoin(str(answer.url), answer.headers["location"]), headers={"Accept": accept})
    return answer


def test_every_iri_that_a_release_uses_can_be_asked_for_in_turtle(http: httpx.Client):
    query = f"SELECT DISTINCT ?s {{ ?s ?p ?o FILTER(STRSTARTS(STR(?s), '{BASE}')) }}"
    found = http.get("/sparql", params={"query": query}).json()["results"]["bindings"]
    iris = [row["s"]["value"] for row in found]
    assert {iri.removeprefix(BASE).partition("/")[0] for iri in iris} >= {"concept", "feature", "crosswalk", "scheme"}
    for iri in iris:
        answer = follow(http, iri, TURTLE)
        assert answer.status_code == 200, iri
        said = {quad.subject.value for quad in ox.parse(answer.content, format=ox.RdfFormat.TURTLE)}
        assert said == {iri}


@pytest.mark.parametrize("kind", ["concept", "feature", "differential"])
def test_an_iri_names_a_thing_and_so_redirects_to_a_document(http: httpx.Client, kind: str):
    answer = http.get(f"/{kind}/a%3Fc", params={"format": "turtle"})
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/v1/{kind}s/a%3Fc?format=turtle"


def test_a_crosswalk_iri_with_slashes_and_hyphens_in_its_label_finds_its_label(http: httpx.Client):
    answer = http.get("/crosswalk/derm12345--Spitz%2FReed%20-%2D%20a%3Fb")
    assert answer.headers["location"] == "/v1/crosswalks/derm12345?label=Spitz%2FReed%20--%20a%3Fb"
    expect_problem(http.get("/crosswalk/derm7pt"), 404, "not-found")


def test_a_release_graph_redirects_to_its_release(http: httpx.Client):
    assert http.get("/graph/release/1").headers["location"] == "/v1/releases/1"


@settings(max_examples=60)
@given(
    st.sampled_from(["concept", "feature", "differential", "crosswalk", "scheme", "graph/release"]),
    st.binary(max_size=20),
)
def test_no_address_makes_the_service_fail(http: httpx.Client, kind: str, rest: bytes):
    answer = http.get(f"/{kind}/{quote(rest)}?{quote(rest)}")
    assert answer.status_code in (303, 307, 404)  # 307: without the slash at its end
    if answer.status_code == 303:
        assert http.get(answer.headers["location"], headers={"Accept": TURTLE}).status_code in (200, 404, 406)


def test_what_was_never_named_is_not_found(http: httpx.Client):
    expect_problem(http.get("/scheme/none"), 404, "not-found")
    expect_problem(follow(http, BASE + "concept/none", TURTLE), 404, "unknown-concept")


RETIRED = """
@prefix skr: <https://w3id.org/skin-r1/vocab#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix dcterms: <http://purl.org/dc/terms/> .
@prefix concept: <https://w3id.org/skin-r1/concept/> .
concept:old-melanoma a skr:RetiredConcept ; owl:deprecated true ; skos:prefLabel "old name of melanoma"@en ;
    dcterms:isReplacedBy concept:melanoma .
"""


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A service whose ontology also holds the vocabulary and a retired id."""
    folder = tmp_path_factory.mktemp("extended") / "ontologies"
    shutil.copytree(MINI, folder)
    shutil.copy(ROOT / "ontologies/skin.ttl", folder / "vocabulary.ttl")
    (folder / "retired.ttl").write_text(RETIRED)
    with serving(folder.parent / "data", ontologies=folder) as url, httpx.Client(base_url=url) as client:
        yield client


def test_the_vocabulary_answers_for_every_term_it_defines(extended: httpx.Client):
    turtle = extended.get("/vocab")
    assert turtle.headers["content-type"].startswith(TURTLE)
    defined = {quad.subject.value for quad in ox.parse(turtle.content, format=ox.RdfFormat.TURTLE)}
    assert {BASE + "vocab#condition", BASE + "vocab#Differential"} <= defined
    assert all(iri.startswith(BASE + "vocab") for iri in defined)


def test_a_retired_id_is_gone_and_names_what_replaced_it(extended: httpx.Client):
    gone = follow(extended, BASE + "concept/old-melanoma", "application/json")
    expect_problem(gone, 410, "concept-retired")
    assert gone.json()["replacedBy"] == ["melanoma"]


def test_a_retired_id_still_has_statements_for_those_who_ask_for_rdf(extended: httpx.Client):
    answer = follow(extended, BASE + "concept/old-melanoma", TURTLE)
    assert answer.status_code == 200
    said = {
        quad.predicate.value.rpartition("/")[2].rpartition("#")[2]: quad.object.value
        for quad in ox.parse(answer.content, format=ox.RdfFormat.TURTLE)
    }
    assert said["deprecated"] == "true"
    assert said["isReplacedBy"] == BASE + "concept/melanoma"


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(("kind", "page"), [("concept", "/n/"), ("feature", "/f/")])
def test_a_browser_is_led_to_the_page_and_everybody_else_to_the_document(http: httpx.Client, kind: str, page: str):
    def location(accept: str, **query: str) -> str:
        return http.get(f"/{kind}/a%3Fc", params=query, headers={"Accept": accept}).headers["location"]

    assert location(BROWSER) == f"{page}a%3Fc"
    for accept in ("*/*", "application/json", TURTLE, f"{TURTLE}, text/html;q=0.5", "text/html;q=0"):
        assert location(accept) == f"/v1/{kind}s/a%3Fc", accept
    assert location(BROWSER, format="turtle") == f"/v1/{kind}s/a%3Fc?format=turtle"
