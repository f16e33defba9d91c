"""Errors, caching, limits, hostile input, documentation."""

from __future__ import annotations

import json
from http.client import HTTPConnection

import httpx
import pytest

from kg_service.api.errors import STATUS
from kg_service.core.errors import tree
from kg_service.wire import MAX_BODY_BYTES, MAX_RESOLVE_ROWS

from ..patience import PATIENCE


def expect_problem(answer: httpx.Response, status: int, code: str) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "kg-seq" in answer.headers
    body = answer.json()
    assert body["code"] == code
    assert body["status"] == status
    assert body["type"].endswith(code)
    assert body["detail"]
    return body


def test_every_error_of_the_tree_has_a_status():
    ours = {cls.code for cls in tree() if cls.__module__.startswith("kg_service.")}  # the jobs have some of their own
    assert ours <= set(STATUS)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/concepts/none", "unknown-concept"),
        ("/concepts/none/ancestors", "unknown-concept"),
        ("/concepts/none/ddx", "unknown-concept"),
        ("/concepts/none/distractors", "unknown-concept"),
        ("/compare?a=melanoma&b=none", "unknown-concept"),
        ("/concepts/..%2F..%2Fetc%2Fpasswd", "not-found"),
        ("/concepts/%00%ff", "unknown-concept"),
        ("/features/none", "unknown-feature"),
        ("/releases/9", "unknown-release"),
        ("/releases/9/snapshot", "unknown-release"),
        ("/nothing", "not-found"),
    ],
)
def test_what_does_not_exist_is_a_404_problem(http: httpx.Client, path: str, code: str):
    expect_problem(http.get(path), 404, code)


def test_the_wrong_method_is_a_405_problem(http: httpx.Client):
    expect_problem(http.delete("/concepts/melanoma"), 405, "method-not-allowed")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/concepts?limit=0", "limit"),
        ("/concepts?limit=many", "limit"),
        ("/search", "q"),
        ("/search?q=" + "a" * 501, "q"),
        ("/search?q=a&limit=101", "limit"),
        ("/compare?a=melanoma", "b"),
    ],
)
def test_a_wrong_parameter_is_named(http: httpx.Client, path: str, field: str):
    body = expect_problem(http.get(path), 422, "request-invalid")
    assert body["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("/resolve", {"labels": ["a", 3]}, "labels.1"),
        ("/resolve", {"labels": ["a"], "datset": "x"}, "datset"),
        ("/resolve", [], "body"),
        ("/meet", {"a": ["melanoma"]}, "b"),
        ("/meet", {"a": ["melanoma"], "b": []}, "b has 0 rows"),
        ("/score", {"golds": ["melanoma"]}, "replies"),
        ("/score", {"golds": ["melanoma"], "replies": ["a"], "labels": ["a"]}, "replies"),
        ("/score", {"golds": ["melanoma"], "labels": ["a"], "options": [["a"]]}, "options"),
        ("/score", {"golds": ["melanoma"], "replies": ["a", "b"]}, "golds has 1 rows"),
        ("/score", {"golds": ["melanoma"], "replies": ["a"], "options": []}, "options has 0 rows"),
        ("/score", {"golds": ["melanoma"], "replies": ["a"], "spec": "papr"}, "papr"),
        ("/score", {"golds": ["melanoma"], "replies": ["a"], "conditions": ["evil"]}, "conditions.0"),
        ("/score", {"golds": ["melanoma"], "labels": ["a"], "spec": "released-code"}, "multiple choice"),
    ],
)
def test_a_wrong_body_is_a_422_problem_that_names_the_field(http: httpx.Client, path: str, body: object, named: str):
    assert named in expect_problem(http.post(path, json=body), 422, "request-invalid")["detail"]


@pytest.mark.parametrize("text", ["", "{", "null", "[" * 100_000, '{"labels": ["\\ud800"]}', "\x00"])
@pytest.mark.parametrize("path", ["/resolve", "/meet", "/score"])
def test_a_body_that_is_not_json_for_us_is_a_422_problem(http: httpx.Client, path: str, text: str):
    expect_problem(http.post(path, content=text), 422, "request-invalid")


def test_an_unknown_concept_in_a_body_is_not_a_missing_page(http: httpx.Client):
    body = expect_problem(http.post("/meet", json={"a": ["melanoma"], "b": ["none"]}), 422, "unknown-concept")
    assert "'none'" in body["detail"]


def test_a_gold_that_names_nothing_is_named(http: httpx.Client):
    answer = http.post("/score", json={"replies": ["x"], "golds": ["no such thing"]})
    assert expect_problem(answer, 422, "gold-unresolved")["rows"] == ["no such thing"]


def test_unusable_options_are_a_problem(http: httpx.Client):
    body = {"replies": ["x"], "golds": ["melanoma"], "options": [["a", "A"]]}
    expect_problem(http.post("/score", json=body), 422, "options-invalid")


def test_too_many_rows_are_refused_with_the_limit(http: httpx.Client):
    answer = http.post("/resolve", json={"labels": ["a"] * (MAX_RESOLVE_ROWS + 1)})
    assert str(MAX_RESOLVE_ROWS) in expect_problem(answer, 413, "request-too-large")["detail"]


def test_too_many_bytes_are_refused_before_they_are_read(url: str):
    connection = HTTPConnection(url.removeprefix("http://"), timeout=PATIENCE)
    connection.putrequest("POST", "/v1/score")
    connection.putheader("Content-Length", str(MAX_BODY_BYTES + 1))
    connection.endheaders()  # and not one byte of the body
    answer = connection.getresponse()
    assert answer.status == 413
    assert json.loads(answer.read())["code"] == "request-too-large"
    connection.close()


def test_too_many_bytes_are_refused_without_a_stated_length(http: httpx.Client):
    chunks = (b" " * (1 << 20) for _ in range((MAX_BODY_BYTES >> 20) + 1))
    expect_problem(http.post("/resolve", content=chunks), 413, "request-too-large")


HOSTILE = [
    "", " ", "'", '"; DROP TABLE release; --', "%", "_", "\\", "\x00", "a" * 500, "🩹", "\u202e", "{{7*7}}", "(((((",
    "<script>alert(1)</script>", "ﬀ", "a\nb", "' OR 1=1",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_labels_are_only_text(http: httpx.Client, text: str):
    for path in ("/search", "/suggest"):
        answer = http.get(path, params={"q": text})
        assert answer.status_code == 200
        assert isinstance(answer.json()["items"], list)
    answer = http.post("/resolve", json={"labels": [text], "dataset": text})
    assert answer.json()["results"][0]["concepts"] == []
    assert http.get("/health").json()["status"] == "ok"


def test_a_concept_that_has_not_changed_is_not_sent_again(http: httpx.Client):
    first = http.get("/concepts/melanoma")
    tag = first.headers["etag"]
    assert tag.startswith('"1-')
    for given in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = http.get("/concepts/melanoma", headers={"If-None-Match": given})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert http.get("/concepts/melanoma", headers={"If-None-Match": '"1-other"'}).status_code == 200
    assert http.get("/concepts/blue-nevus").headers["etag"] != tag


@pytest.mark.parametrize("path", ["/concepts", "/features", "/concepts/melanoma/ddx", "/search?q=mel"])
def test_what_follows_from_the_release_is_not_sent_again(http: httpx.Client, path: str):
    tag = http.get(path).headers["etag"]
    assert http.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_every_answer_says_which_change_it_knows_of(http: httpx.Client):
    for path in ("/health", "/concepts/melanoma", "/nothing", "/releases/1/snapshot"):
        assert http.get(path).headers["kg-seq"] == "1"


def test_the_api_documents_itself_with_bodies_and_examples(url: str):
    schema = httpx.get(f"{url}/openapi.json").json()
    text = json.dumps(schema)
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description"), f"{method} {path} says nothing about itself"
    body = schema["paths"]["/v1/score"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/ScoreRequest"}
    assert schema["components"]["schemas"]["ScoreRequest"]["examples"]
    references = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert references <= set(schema["components"]["schemas"])
