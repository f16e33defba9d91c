"""One resource, several formats: what Accept chooses, and that all of them say the same."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import httpx
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg_service.api.negotiation import NODE_FORMATS, best
from kg_service.api.views import Views
from kg_service.core.change import Rename
from kg_service.editorial import repository
from kg_service.editorial.actor import Actor
from kg_service.editorial.database import Database
from kg_service.editorial.opening import open_data
from kg_service.settings import Settings
from kg_service.store.serialise import JSON_LD, N_TRIPLES, TURTLE, lines_about, serialised
from kg_service.store.statement import Statement

from ..live import MINI
from .test_sparql import CONCEPT, expect_problem

JSON = "application/json"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
NODES = [
    ("/v1/concepts/melanoma", CONCEPT + "melanoma"),
    ("/v1/features/scale", "https://w3id.org/skin-r1/feature/scale"),
    ("/v1/differentials/melanoma--psoriasis", "https://w3id.org/skin-r1/differential/melanoma--psoriasis"),
]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("text/turtle", TURTLE),
        ("TEXT/Turtle ; Q=0.5", TURTLE),
        ("text/turtle;q=0.4, application/ld+json;q=0.5", JSON_LD),
        ("text/turtle;q=0.5, */*;q=0.5", JSON),
        ("application/*;q=0.2, application/n-triples", N_TRIPLES),
        ("application/json;q=0, */*;q=0.1", JSON_LD),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', JSON_LD),
        ("text/html, application/xhtml+xml, */*;q=0.8", JSON),
        ("nonsense", JSON),
        ("text/html", None),
        ("*/*;q=0", None),
    ],
)
def test_the_accept_header_chooses_as_rfc_9110_says(accept: str, expected: str | None):
    assert best(accept, NODE_FORMATS) == expected


@given(st.text())
def test_no_accept_header_breaks_the_choice(accept: str):
    assert best(accept, NODE_FORMATS) in (*NODE_FORMATS, None)


@pytest.mark.parametrize(("path", "iri"), NODES)
def test_all_formats_of_a_node_say_the_statements_that_are_stored(http: httpx.Client, data: Path, path: str, iri: str):
    database = Database(Settings(data=data).url)
    with database.reading() as session:
        stored = {statement.line for statement in repository.nodes(session, [iri])[iri]}
    database.close()
    assert stored
    for media in (TURTLE, JSON_LD, N_TRIPLES):
        answer = http.get(path, headers={"Accept": media})
        assert answer.headers["content-type"].partition(";")[0] == media
        parsed = ox.parse(answer.content, format=ox.RdfFormat.from_media_type(media))
        assert {f"{quad.triple} ." for quad in parsed} == stored


@pytest.mark.parametrize(("path", "_iri"), NODES)
def test_json_is_what_is_sent_without_accept_and_every_format_has_its_own_tag(http: httpx.Client, path: str, _iri: str):
    assert http.get(path, headers={"Accept": "*/*"}).content == http.get(path, headers={"Accept": JSON}).content
    tags = set()
    for media in NODE_FORMATS:
        answer = http.get(path, headers={"Accept": media})
        tags.add(answer.headers["etag"])
        assert answer.headers["vary"] == "Accept"
        again = http.get(path, headers={"Accept": media, "If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert len(tags) == len(NODE_FORMATS)


def test_format_in_the_address_wins_over_accept(http: httpx.Client):
    answer = http.get("/v1/concepts/melanoma?format=turtle", headers={"Accept": JSON})
    assert answer.headers["content-type"].startswith(TURTLE)
    assert http.get("/v1/concepts/melanoma?format=application/ld+json").headers["content-type"] == JSON_LD


def test_a_format_that_is_not_offered_is_a_406_that_lists_those_that_are(http: httpx.Client):
    refused = http.get("/v1/concepts/melanoma", headers={"Accept": "text/html"})
    said = expect_problem(refused, 406, "not-acceptable")
    assert all(media in said for media in NODE_FORMATS)
    expect_problem(http.get("/v1/concepts/melanoma?format=docx"), 406, "not-acceptable")


def test_what_does_not_exist_does_not_exist_in_any_format(http: httpx.Client):
    for media in NODE_FORMATS:
        for path, code in (
            ("/v1/concepts/none", "unknown-concept"),
            ("/v1/features/none", "unknown-feature"),
            ("/v1/differentials/melanoma--none", "unknown-differential"),
            ("/v1/crosswalks/none", "unknown-crosswalk"),
        ):
            expect_problem(http.get(path, headers={"Accept": media}), 404, code)


def test_the_draft_in_turtle_shows_notes_that_are_not_released(http: httpx.Client, data: Path):
    note = Statement(f"<{CONCEPT}psoriasis>", "<http://www.w3.org/2004/02/skos/core#note>", '"a draft\\"s note"@en')
    database = Database(Settings(data=data).url)
    with database.writing() as session:
        iris = [f"{CONCEPT}psoriasis"]
        repository.append_change(session, at="", author="a", message="", added=[note], touched=iris)
    database.close()
    turtle = {"Accept": TURTLE}
    assert "draft" not in http.get("/v1/concepts/psoriasis", headers=turtle).text
    assert 'a draft\\"s note' in http.get("/v1/concepts/psoriasis?release=draft", headers=turtle).text


def test_a_proposal_can_be_looked_at_in_turtle_before_and_in_sparql_after_it_is_accepted(
    http: httpx.Client, data: Path
):
    note = Statement(
        f"<{CONCEPT}blue-nevus>", "<http://www.w3.org/2004/02/skos/core#note>", '"stays beside an edit"@en'
    )
    opened = open_data(Settings(data=data, ontologies=MINI), now=NOW)
    with opened.database.writing() as session:
        iris = [f"{CONCEPT}blue-nevus"]
        repository.append_change(session, at="", author="a", message="", added=[note], touched=iris)
    desk = Views(opened).desk
    rename = [Rename("blue-nevus", "blue naevus of Jadassohn")]
    number = desk.propose(Actor("ada", "editor"), rename, message="m", now=NOW).number
    turtle = {"Accept": TURTLE}
    assert "Jadassohn" not in http.get("/v1/concepts/blue-nevus?release=draft", headers=turtle).text
    proposed = http.get(f"/v1/concepts/blue-nevus?release=proposal-{number}", headers=turtle).text
    assert "Jadassohn" in proposed
    assert "stays beside an edit" in proposed
    desk.review(Actor("bo", "reviewer"), number, "accept", "right", now=NOW)
    opened.database.close()
    asked = (
        f"ASK FROM <https://w3id.org/skin-r1/graph/draft> {{ <{CONCEPT}blue-nevus> ?p 'blue naevus of Jadassohn'@en }}"
    )
    assert http.get("/sparql", params={"query": asked}).json()["boolean"] is True
    assert "Jadassohn" in http.get("/v1/concepts/blue-nevus?release=draft", headers=turtle).text


def test_differentials_are_paged_and_each_can_be_asked_for_in_either_order(http: httpx.Client):
    seen: list[dict] = []
    cursor = None
    while True:
        page = http.get("/v1/differentials", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += page["items"]
        if (cursor := page["next"]) is None:
            break
    assert seen == http.get("/v1/differentials").json()["items"]
    assert [row["id"] for row in seen] == sorted(row["id"] for row in seen)
    for row in seen:
        assert http.get(f"/v1/differentials/{row['id']}").json() == row
        assert http.get(f"/v1/differentials/{row['b']}--{row['a']}").json() == row
        [edge] = [e for e in http.get(f"/v1/concepts/{row['a']}/ddx").json()["items"] if e["concept"] == row["b"]]
        assert [(f["feature"], f["here"], f["there"]) for f in edge["features"]] == [
            (f["feature"], f["a"], f["b"]) for f in row["features"]
        ]


def test_a_crosswalk_says_what_each_label_of_a_dataset_means(http: httpx.Client):
    listed = http.get("/v1/crosswalks/derm7pt").json()
    assert [(row["label"], row["concepts"]) for row in listed["items"]] == [
        ("reed or spitz nevus", ["blue-nevus", "junctional-nevus"])
    ]
    assert http.get("/v1/crosswalks").json()["items"] == ["derm7pt", "ham10000", "midas"]


@settings(max_examples=60)
@given(
    st.text(max_size=20), st.text(max_size=20), st.sampled_from(["differentials", "crosswalks", "features", "concepts"])
)
def test_no_name_or_parameter_makes_the_service_fail(http: httpx.Client, name: str, value: str, kind: str):
    parameters = {"cursor": value, "label": value, "format": "turtle"}
    assert http.get(f"/v1/{kind}/{quote(name, safe='')}", params=parameters).status_code < 500
    assert http.get(f"/v1/{kind}", params={"cursor": value, "release": name}).status_code < 500


@given(st.lists(st.sampled_from("abc"), max_size=30), st.sampled_from(["a", "b", "c", "ab", "x", ""]))
def test_the_lines_about_a_node_are_found_among_any(subjects: list[str], asked: str):
    lines = sorted(f'<{subject}> <p> "{n}" .\n' for n, subject in enumerate(subjects))
    expected = [line for line in lines if line.startswith(f"<{asked}> ")]
    assert lines_about("".join(lines).encode(), asked) == "".join(expected).encode()


def test_the_same_statements_are_always_the_same_turtle(http: httpx.Client, data: Path):
    database = Database(Settings(data=data).url)
    with database.reading() as session:
        whole = repository.nquads(session, "1")
    database.close()
    assert len({serialised(whole, TURTLE) for _ in range(5)}) == 1
