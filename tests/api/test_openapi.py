"""The OpenAPI document tells the truth: what it promises is what the service answers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from kg_service.wire import Problem, ReleaseInfo, answers

from ..mini import reply

Document = dict[str, Any]


@pytest.fixture(scope="module")
def document(url: str) -> Document:
    return httpx.get(f"{url}/openapi.json").json()


def operations(document: Document) -> dict[str, Document]:
    """Every operation by `get /path`."""
    return {
        f"{method} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


ASKED = [
    ("/health", None, answers.Health),
    ("/concepts", None, answers.ConceptPage),
    ("/concepts?limit=3", None, answers.ConceptPage),
    ("/concepts/melanoma", None, answers.Concept),
    ("/concepts/neoplasm", None, answers.Concept),
    ("/concepts/junctional-nevus", None, answers.Concept),
    ("/concepts/melanoma/ancestors", None, answers.ConceptPage),
    ("/concepts/melanoma/ddx", None, answers.Ddx),
    ("/concepts/blue-nevus/ddx", None, answers.Ddx),
    ("/concepts/nodular-melanoma/distractors", None, answers.Distractors),
    ("/compare?a=junctional-nevus&b=superficial-spreading-melanoma", None, answers.Comparison),
    ("/compare?a=psoriasis&b=blue-nevus", None, answers.Comparison),
    ("/features", None, answers.Features),
    ("/features/scale", None, answers.Feature),
    ("/search?q=mel", None, answers.SearchResult),
    ("/suggest?q=melanomma", None, answers.Suggestions),
    ("/meet", {"a": ["melanoma", "psoriasis"], "b": ["blue-nevus", "melanoma"]}, answers.MeetAnswer),
    ("/resolve", {"labels": ["Naevi", "MM", "no melanoma", "", "what"]}, answers.ResolveAnswer),
    ("/resolve", {"labels": ["6-benign-other", "nv"], "dataset": "midas"}, answers.ResolveAnswer),
    ("/score", {"replies": [reply("SSM"), "no tags"], "golds": ["melanoma", "neoplasm"]}, answers.ScoreAnswer),
    ("/score", {"labels": ["SSM"], "golds": ["melanoma"]}, answers.ScoreAnswer),
    ("/releases", None, answers.ReleaseList),
    ("/releases/latest", None, ReleaseInfo),
    ("/releases/1/diff/1", None, answers.Difference),
    ("/concepts/no-such", None, Problem),
    ("/score", {"golds": []}, Problem),
    ("/score", {"no-such": 1}, Problem),
]


@pytest.mark.parametrize(("path", "body", "model"), ASKED, ids=[f"{path}-{model.__name__}" for path, _, model in ASKED])
def test_a_real_answer_is_its_model_with_no_key_more(
    http: httpx.Client, path: str, body: dict | None, model: type[BaseModel]
):
    answer = (http.get(path) if body is None else http.post(path, json=body)).json()
    read = model.model_validate(answer)
    assert read.model_dump(mode="json", by_alias=True, exclude_unset=True) == answer


def test_the_models_that_are_tested_are_the_models_that_are_documented(document: Document):
    by_path = operations(document)
    for path, body, model in ASKED:
        if model is Problem:
            continue
        method = "get" if body is None else "post"
        found = [
            operation["responses"]["200"]["content"]["application/json"]["schema"].get("$ref", "")
            for name, operation in by_path.items()
            if matches(name, f"{method} /v1{path.partition('?')[0]}")
        ]
        assert f"#/components/schemas/{model.__name__}" in found, path


def matches(template: str, asked: str) -> bool:
    one, other = template.split("/"), asked.split("/")
    return len(one) == len(other) and all(a == b or a.startswith("{") for a, b in zip(one, other, strict=True))


def test_every_operation_says_what_it_answers(document: Document):
    silent = []
    for name, operation in operations(document).items():
        successes = [answer for status, answer in operation["responses"].items() if status < "4"]
        assert successes, f"{name} documents no success"
        for answer in successes:
            silent += [name for media in answer.get("content", {}).values() if not media.get("schema")]
    # The layout of a snapshot is the core's and not the API's.
    assert silent == ["get /v1/releases/{id}/snapshot"]


def test_every_operation_has_a_name_of_its_own_that_code_can_use(document: Document):
    names = Counter(operation["operationId"] for operation in operations(document).values())
    assert [name for name, times in names.items() if times > 1] == []
    assert all(name.isidentifier() and name == name.lower() for name in names)
    assert {"get_concept", "resolve", "score"} <= set(names)


def test_every_operation_is_described_and_filed(document: Document):
    for name, operation in operations(document).items():
        assert operation.get("description"), name
        assert operation.get("tags"), name


def test_every_operation_documents_how_it_refuses(document: Document):
    for name, operation in operations(document).items():
        kinds = {media for s in ("4XX", "5XX") for media in operation["responses"][s]["content"]}
        expected = "application/fhir+json" if " /fhir/" in name else "application/problem+json"
        assert kinds == {expected}, name
        assert "422" not in operation["responses"], name


def test_what_may_be_sent_to_sign_in_is_declared(document: Document):
    schemes = document["components"]["securitySchemes"]
    assert {(scheme["type"], scheme.get("scheme", scheme.get("in"))) for scheme in schemes.values()} == {
        ("http", "bearer"),
        ("apiKey", "cookie"),
    }
    assert {} in document["security"], "reading is open unless the service is set otherwise"
    for name, operation in operations(document).items():
        required = operation.get("security")
        if required is not None:
            assert [next(iter(way)) for way in required] == list(schemes), name


def test_no_schema_is_named_that_is_not_there(document: Document):
    known = {name for kind in ("schemas", "headers") for name in document["components"][kind]}

    def named(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"].rpartition("/")[2]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*(named(each) for each in value.values()))
        return set().union(*(named(each) for each in value)) if isinstance(value, list) else set()

    assert named(document) <= known
