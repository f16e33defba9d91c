"""The SPARQL endpoint over HTTP, as the protocol says."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg_service.api.routes import sparql
from kg_service.editorial import repository
from kg_service.editorial.database import Database
from kg_service.settings import Settings
from kg_service.store.statement import Statement

from ..live import serving
from ..patience import eventually
from .test_sandbox import BOMB, CARTESIAN, children_of

CONCEPT = "https://w3id.org/skin-r1/concept/"
GRAPH = "https://w3id.org/skin-r1/graph/"
SKOS = "PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
PARENTS = SKOS + f"SELECT ?parent {{ <{CONCEPT}melanoma> skos:broader ?parent }} ORDER BY ?parent"
LABELS = SKOS + "CONSTRUCT { ?s skos:prefLabel ?o } WHERE { ?s skos:prefLabel ?o }"


def ask(http: httpx.Client, query: str, accept: str = "*/*", **more: str) -> httpx.Response:
    return http.get("/sparql", params={"query": query, **more}, headers={"Accept": accept})


def expect_problem(answer: httpx.Response, status: int, code: str) -> str:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert answer.json()["code"] == code
    return answer.json()["detail"]


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", "application/sparql-results+json"),
        ("application/sparql-results+json", "application/sparql-results+json"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        ("application/json", "application/json"),
        ("text/html, application/xml;q=0.9, */*;q=0.8", "application/xml"),
    ],
)
def test_solutions_come_in_the_format_asked_for(http: httpx.Client, accept: str, media: str):
    answer = ask(http, PARENTS, accept)
    assert (answer.status_code, answer.headers["content-type"]) == (200, media)
    format_ = ox.QueryResultsFormat.from_media_type(media.partition(";")[0])
    if format_ == ox.QueryResultsFormat.CSV:
        found = answer.text.split()[1:]
    else:
        solutions = ox.parse_query_results(answer.content, format=format_)
        assert isinstance(solutions, ox.QuerySolutions)
        found = [row["parent"].value for row in solutions]
    assert found == [f"{CONCEPT}malignant-neoplasm", f"{CONCEPT}melanocytic-neoplasm"]


@pytest.mark.parametrize(
    "media", ["text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"]
)
def test_graphs_come_in_the_format_asked_for(http: httpx.Client, media: str):
    answer = ask(http, LABELS, media)
    assert answer.headers["content-type"].partition(";")[0] == media
    said = {quad.subject.value for quad in ox.parse(answer.content, format=ox.RdfFormat.from_media_type(media))}
    assert f"{CONCEPT}melanoma" in said


def test_without_accept_a_graph_is_turtle(http: httpx.Client):
    assert ask(http, f"DESCRIBE <{CONCEPT}melanoma>").headers["content-type"].startswith("text/turtle")


def test_the_three_ways_to_send_a_query_answer_alike(http: httpx.Client):
    texts = {
        ask(http, PARENTS).text,
        http.post("/sparql", data={"query": PARENTS}).text,
        http.post("/sparql", content=PARENTS, headers={"Content-Type": "application/sparql-query"}).text,
    }
    assert len(texts) == 1
    assert "melanocytic-neoplasm" in texts.pop()


def test_ask_answers_yes_or_no(http: httpx.Client):
    assert ask(http, f"ASK {{ <{CONCEPT}melanoma> ?p ?o }}").json()["boolean"] is True
    assert ask(http, f"ASK {{ <{CONCEPT}none> ?p ?o }}").json()["boolean"] is False


def test_what_cannot_be_answered_is_a_problem_that_says_why(http: httpx.Client):
    assert "error at 1:" in expect_problem(ask(http, "SELECT * WHERE { ?s ?p"), 400, "query-invalid")
    expect_problem(http.post("/sparql", data={}), 400, "query-invalid")
    expect_problem(ask(http, PARENTS, format="docx"), 406, "not-acceptable")
    expect_problem(ask(http, "INSERT DATA { <a:a> <a:b> <a:c> }"), 400, "query-invalid")
    expect_problem(http.post("/sparql", data={"update": "DROP ALL"}), 400, "query-invalid")
    update = http.post("/sparql", content="DROP ALL", headers={"Content-Type": "application/sparql-update"})
    expect_problem(update, 400, "query-invalid")
    expect_problem(http.put("/sparql", content="x"), 405, "method-not-allowed")
    assert "SERVICE" in expect_problem(ask(http, "SELECT * { SERVICE <http://a/> {} }"), 400, "query-invalid")
    assert "text/csv" in expect_problem(ask(http, PARENTS, "image/png"), 406, "not-acceptable")
    expect_problem(ask(http, LABELS, "text/csv"), 406, "not-acceptable")
    expect_problem(http.post("/sparql", data={"query": " " * 2_000_000}), 413, "request-too-large")


def test_without_a_query_the_endpoint_describes_itself(http: httpx.Client):
    answer = http.get("/sparql", headers={"Accept": "text/turtle"})
    said = {(q.predicate.value, q.object.value) for q in ox.parse(answer.content, format=ox.RdfFormat.TURTLE)}
    sd = "http://www.w3.org/ns/sparql-service-description#"
    assert (sd + "supportedLanguage", sd + "SPARQL11Query") in said
    assert (sd + "endpoint", f"{http.base_url}/sparql".replace("//sparql", "/sparql")) in said
    assert (sd + "name", f"{GRAPH}release/1") in said


@pytest.mark.parametrize("host", ["a b", '"><', "[", "a/b?c#d", "\xff", ""])
def test_no_host_makes_the_description_fail(http: httpx.Client, host: str):
    assert http.get("/sparql", headers={"Host": host.encode("latin-1")}).status_code in (200, 400)


def test_a_query_without_end_is_a_504(tmp_path: Path):
    with serving(tmp_path, sparql_seconds=1.0) as url, httpx.Client(base_url=url) as http:
        expect_problem(ask(http, CARTESIAN), 504, "query-timeout")


def test_the_service_goes_on_answering_during_a_memory_bomb(http: httpx.Client):
    with ThreadPoolExecutor(1) as pool:
        bomb = pool.submit(ask, http, BOMB)
        while not bomb.done():
            assert http.get("/v1/concepts/melanoma").status_code == 200
        expect_problem(bomb.result(), 422, "query-too-large")
    assert ask(http, PARENTS).status_code == 200


def test_more_queries_than_may_run_wait_a_little_and_are_then_told_to_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sparql, "_PATIENCE_SECONDS", 0.2)
    others = keepers()
    with serving(tmp_path, sparql_seconds=10.0) as url, httpx.Client(base_url=url) as http:
        ask(http, PARENTS)
        [keeper] = keepers() - others
        with ThreadPoolExecutor(2) as pool:
            running = [pool.submit(ask, http, CARTESIAN) for _ in range(2)]
            eventually(lambda: len(children_of(keeper)) == 2)
            refused = ask(http, PARENTS)
            expect_problem(refused, 503, "sandbox-unavailable")
            assert int(refused.headers["retry-after"]) > 0
            assert [one.result().status_code for one in running] == [504, 504]


def test_a_killed_keeper_is_not_noticed(tmp_path: Path):
    others = keepers()
    with serving(tmp_path) as url, httpx.Client(base_url=url) as http:
        ask(http, PARENTS)
        [keeper] = keepers() - others
        os.kill(keeper, signal.SIGKILL)
        assert "melanocytic-neoplasm" in ask(http, PARENTS).text


def test_from_and_the_protocol_name_the_graph(http: httpx.Client, data: Path):
    count = "SELECT (COUNT(*) AS ?n) {} {{ ?s ?p ?o }}"

    def counted(source: str = "", **more: str) -> int:
        answer = ask(http, count.format(source), "text/csv", **more)
        assert answer.status_code == 200, answer.text
        return int(answer.text.split()[1])

    count_now = counted()
    assert counted(f"FROM <{GRAPH}release/1>") == counted(f"FROM <{GRAPH}draft>") == count_now > 0
    database = Database(Settings(data=data).url)
    note = Statement(
        f"<{CONCEPT}melanoma>", "<http://www.w3.org/2004/02/skos/core#note>", '"another worker wrote this"@en'
    )
    for added, removed, difference in (([note], [], 1), ([], [note], 0)):
        with database.writing() as session:
            repository.append_change(
                session, at="", author="a", message="", added=added, removed=removed, touched=[f"{CONCEPT}melanoma"]
            )
        assert counted(**{"default-graph-uri": GRAPH + "draft"}) == count_now + difference
        assert counted() == count_now, "a release does not change"
    database.close()
    for unknown in (f"{GRAPH}release/9", "https://example.org/other"):
        assert unknown in expect_problem(ask(http, count.format(f"FROM <{unknown}>")), 400, "query-invalid")


def test_named_graphs_are_those_asked_for(http: httpx.Client):
    query = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
    assert ask(http, query, "text/csv").text.split()[1:] == [f"{GRAPH}release/1"]
    draft = ask(http, query, "text/csv", **{"named-graph-uri": GRAPH + "draft"})
    assert draft.text.split()[1:] == [f"{GRAPH}draft"]


WORDS = (
    "SELECT * ASK DESCRIBE CONSTRUCT WHERE FROM NAMED PREFIX BASE GRAPH SERVICE OPTIONAL UNION FILTER BIND VALUES "
    "ORDER BY LIMIT 1 { } ( ) [ ] . ; , ?s ?p ?o <a:b> a:b \" ' \\ # + - / ^ ! = < > & | @en ^^ _:b true 1e400 STR "
    "REGEX NOT EXISTS IN COUNT DISTINCT GROUP HAVING \\u0053 \x00 é 😀"
)


@settings(max_examples=150)
@given(st.one_of(st.lists(st.sampled_from(WORDS.split()), max_size=25).map(" ".join), st.binary(max_size=60)))
def test_no_query_text_makes_the_service_fail(http: httpx.Client, text: str | bytes):
    answer = http.post("/sparql", content=text, headers={"Content-Type": "application/sparql-query"})
    assert answer.status_code in (200, 400, 422), (text, answer.text)


@settings(max_examples=60)
@given(
    st.dictionaries(st.sampled_from(["query", "format", "default-graph-uri", "named-graph-uri"]), st.text(max_size=30))
)
def test_no_parameter_makes_the_service_fail(http: httpx.Client, given: dict[str, str]):
    assert http.get("/sparql", params=given).status_code in (200, 400, 406)
    assert http.post("/sparql", data=given).status_code in (200, 400, 406)


def keepers() -> set[int]:
    """Of all services in this process: those of other tests may run still."""
    return {child.pid for child in psutil.Process().children() if "keeper" in "".join(command_of(child))}


def command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []
