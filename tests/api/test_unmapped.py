"""Unmapped labels and label counts over HTTP: who may, what is shown, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import pytest

from kg_service.client.reporting import Unmapped, register_labels, report_unmapped
from kg_service.core.errors import Forbidden, RequestInvalid, Unauthenticated
from kg_service.editorial.accounts.tokens import issue_token, make_token
from kg_service.editorial.database import Database
from kg_service.settings import Settings
from kg_service.wire.unmapped import (
    DatasetDetail,
    DatasetInfo,
    DatasetList,
    DecisionMade,
    DecisionPreview,
    UnmappedPage,
)

from ..live import serving

NOW = datetime(2026, 1, 2, tzinfo=UTC)
SET = "fitzpatrick17k"


@dataclass(frozen=True)
class Service:
    url: str
    tokens: dict[str, str]

    def by(self, role: str) -> httpx.Client:
        """Somebody of this role; empty for nobody."""
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role else {}
        return httpx.Client(base_url=f"{self.url}/v1", headers=headers)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data = tmp_path_factory.mktemp("inbox")
    with serving(data) as url:
        database = Database(Settings(data=data).url)
        roles = ("reader", "editor", "reviewer")
        tokens = {role: issue_token(database, role, name=f"the-{role}", now=NOW) for role in roles}
        tokens["looker"], _ = make_token(database, "the-reader", now=NOW, scopes=["read"])
        database.close()
        yield Service(url, tokens)


def post(service: Service, *items: tuple[str, int], dataset: str = SET, job: str = "synth") -> httpx.Response:
    listed = [{"dataset": dataset, "label": label, "images": images} for label, images in items]
    with service.by("reader") as client:
        return client.post("/unmapped", json={"job": job, "items": listed})


def entries(service: Service, **asked) -> list[dict]:
    with service.by("reader") as client:
        answer = client.get("/unmapped", params={"dataset": SET, **asked})
        assert answer.status_code == 200, answer.text
        UnmappedPage.model_validate(answer.json())
        return answer.json()["items"]


def decide(service: Service, role: str = "editor", path: str = "/unmapped/decisions", **body) -> httpx.Response:
    with service.by(role) as client:
        return client.post(path, json={"dataset": SET, **body})


def test_a_reported_label_is_shown_with_its_reason_its_suggestions_and_who_said_so(service: Service):
    assert post(service, ("melanomma", 12), ("MM", 3), ("melanoma", 90)).json() == {"labels": 3}
    post(service, ("melanomma", 5), job="eval")
    first, second = entries(service)
    assert (first["label"], first["images"], first["state"]) == ("melanomma", 12, "open")
    assert first["why"] == "no disease or group has this name"
    assert first["suggestions"] == [
        {
            "concept": "melanoma",
            "prefLabel": "melanoma",
            "condition": "malignant",
            "matched": "melanoma",
            "step": "strong",
            "rule": "spelling",
            "reason": "the same letters as 'melanoma' but for one",
        }
    ]
    assert [(each["job"], each["images"]) for each in first["reports"]] == [("synth", 12), ("eval", 5)]
    assert second["why"] == "it may mean melanoma or multiple myeloma"
    assert second["now"]["status"] == "ambiguous"


def test_the_whole_way_from_a_report_to_a_label_that_resolves(service: Service):
    way = {"dataset": "way"}
    post(service, ("red thing", 4), **way)
    body = {"label": "red thing", "decision": "same-as", "concepts": ["psoriasis"], **way}
    seen = decide(service, path="/unmapped/decisions/preview", **body)
    DecisionPreview.model_validate(seen.json())
    assert seen.json() == {"changes": ["read 'red thing' of way as psoriasis"], "warning": None}
    made = decide(service, **body)
    assert made.status_code == 201
    DecisionMade.model_validate(made.json())
    number = made.json()["decision"]["proposal"]
    [waiting] = entries(service, state="decided", **way)
    assert (waiting["decision"]["author"], waiting["decision"]["proposalState"]) == ("the-editor", "in-review")
    again = decide(service, **body)
    assert (again.status_code, again.json()["code"]) == (409, "decision-conflict")
    with service.by("reviewer") as reviewer:
        accepted = reviewer.post(f"/proposals/{number}/review", json={"verdict": "accept", "reason": "yes"})
        assert accepted.status_code in (200, 201), accepted.text
        found = reviewer.post("/resolve", params={"release": "draft"}, json={"labels": ["red thing"], "dataset": "way"})
    assert found.json()["results"][0]["concepts"] == ["psoriasis"]
    assert entries(service, **way) == []


def test_undoing_opens_the_label_again(service: Service):
    here = {"dataset": "undo"}
    post(service, ("red thing", 4), **here)
    made = decide(service, label="red thing", decision="not-a-disease", **here).json()["decision"]
    with service.by("reviewer") as other:
        assert other.delete(f"/unmapped/decisions/{made['number']}").status_code == 403
    with service.by("editor") as author:
        assert author.delete(f"/unmapped/decisions/{made['number']}").status_code == 204
        assert author.delete(f"/unmapped/decisions/{made['number']}").status_code == 409
        assert author.delete("/unmapped/decisions/9999").status_code == 404
        assert author.get(f"/proposals/{made['proposal']}").json()["state"] == "withdrawn"
    assert [entry["label"] for entry in entries(service, **here)] == ["red thing"]


def test_a_benign_reading_of_what_may_be_malignant_is_answered_with_a_warning(service: Service):
    post(service, ("melanomma", 4), dataset="warned")
    body = {"dataset": "warned", "label": "melanomma", "decision": "same-as", "concepts": ["blue-nevus"]}
    assert "it may also be melanoma (malignant)" in decide(service, **body).json()["warning"]


def test_pages_go_on_where_the_last_one_ended(service: Service):
    rows = [(f"thing {n:02}", 10 + n // 2) for n in range(7)]
    post(service, *rows, dataset="paged")
    seen: list[tuple[str, int]] = []
    cursor: dict[str, str] = {}
    with service.by("reader") as client:
        while True:
            page = client.get("/unmapped", params={"dataset": "paged", "limit": 3, **cursor}).json()
            seen += [(entry["label"], entry["images"]) for entry in page["items"]]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
    assert seen == sorted(rows, key=lambda row: (-row[1], row[0]))


@pytest.mark.parametrize(
    ("role", "method", "path", "status"),
    [
        ("", "GET", "/unmapped", 401),
        ("", "POST", "/unmapped", 401),
        ("", "POST", "/unmapped/decisions", 401),
        ("reader", "POST", "/unmapped/decisions", 403),
        ("reader", "POST", "/unmapped/decisions/preview", 403),
        ("reader", "DELETE", "/unmapped/decisions/1", 403),
        ("", "PUT", "/datasets/x/labels", 401),
    ],
)
def test_who_may_not_is_refused_before_the_body_is_looked_at(
    service: Service, role: str, method: str, path: str, status: int
):
    with service.by(role) as client:
        assert client.request(method, path, content=b"{").status_code == status


# -- datasets ----------------------------------------------------------------------------------------------------------


def test_a_datasets_labels_are_shown_with_what_they_mean(service: Service):
    with service.by("reader") as job, service.by("") as anybody:
        put = job.put("/datasets/HAM10000/labels", json={"labels": {"nv": 6705, "MM": 2, "stone": 1}})
        assert (put.json()["name"], put.json()["labels"], put.json()["images"]) == ("ham10000", 3, 6708)
        DatasetInfo.model_validate(put.json())
        listed = anybody.get("/datasets").json()
        DatasetList.model_validate(listed)
        assert "ham10000" in [row["name"] for row in listed["items"]]
        body = anybody.get("/datasets/ham10000").json()
        DatasetDetail.model_validate(body)
        assert [(row["label"], row["images"], row["now"]["status"]) for row in body["items"]] == [
            ("nv", 6705, "resolved"),
            ("MM", 2, "ambiguous"),
            ("stone", 1, "unresolved"),
        ]
        assert (anybody.get("/datasets/none").status_code, anybody.get("/datasets/a%00b").status_code) == (404, 422)


# -- hostile input -----------------------------------------------------------------------------------------------------

SHOWN = ["'; DROP TABLE unmappedlabel; --", "<img src=x onerror=alert(1)>", "🩹 ulcer", "\u202egnp.exe", "%s {{7*7}}",
         "a" * 500, "\\", '"', "ﬀ", "percent %00"]  # fmt: skip


@pytest.mark.parametrize("label", SHOWN)
def test_odd_labels_are_shown_and_decided_literally(service: Service, label: str):
    post(service, (label, 1), dataset="odd")
    assert [entry["label"] for entry in entries(service, dataset="odd")] == [label]
    made = decide(service, dataset="odd", label=label, decision="same-as", concepts=["psoriasis"], reason=label)
    assert made.status_code == 201, made.text
    [entry] = [e for e in entries(service, dataset="odd", state="decided") if e["label"] == label]
    assert entry["decision"]["reason"] == label.strip()
    with service.by("editor") as client:
        assert client.delete(f"/unmapped/decisions/{entry['decision']['number']}").status_code == 204
    post(service, ("other", 1), dataset="odd")


@pytest.mark.parametrize("label", ["", " ", "\x00", "a\nb", "a\x1bb", "a" * 10_000])
def test_labels_that_no_dataset_has_are_refused(service: Service, label: str):
    answer = post(service, (label, 1), dataset="odd")
    assert (answer.status_code, answer.json()["code"]) == (422, "request-invalid")
    assert "items.0.label" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        '{"job": "x", "items": [{"dataset": "d", "label": "\\ud800", "images": 1}]}',
        '{"job": "x", "items": [{"dataset": "d", "label": "a", "images": -1}]}',
        '{"job": "x", "items": [{"dataset": "d", "label": "a", "images": 1e99}]}',
        '{"job": "x", "items": [{"dataset": "d", "label": "a", "images": true}]}',
        '{"job": "x", "items": [{"dataset": "d", "label": "a", "images": 1, "more": 1}]}',
        '{"job": "", "items": []}',
        "[]",
        "\x00",
    ],
)
def test_a_report_that_is_none_is_a_422_problem(service: Service, body: str):
    with service.by("reader") as client:
        assert client.post("/unmapped", content=body).status_code == 422


@pytest.mark.parametrize(
    "asked",
    [
        {"cursor": "x"}, {"cursor": "bm90IGpzb24"}, {"cursor": "WzEsMiwzXQ"}, {"cursor": "é"}, {"dataset": "\x00"},
        {"limit": 0}, {"limit": 10**9}, {"state": "gone"},
    ],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_a_422_problem(service: Service, asked: dict[str, str]):
    with service.by("reader") as client:
        assert client.get("/unmapped", params=asked).status_code == 422


def test_counts_of_labels_that_differ_only_in_spaces_are_refused(service: Service):
    with service.by("reader") as client:
        answer = client.put("/datasets/x/labels", json={"labels": {"a": 1, "a ": 2}})
    assert (answer.status_code, "differ only in the spaces" in answer.text) == (422, True)


# -- the client --------------------------------------------------------------------------------------------------------


def test_a_job_reports_through_the_client_as_often_as_it_likes(service: Service):
    token = service.tokens["reader"]
    for _ in range(2):
        assert report_unmapped(service.url, token, "eval", [Unmapped("client", "melanomma", 7, "unknown")]) == 1
    register_labels(service.url, token, "an owner/a set? 100 %", {"melanomma": 7})
    with service.by("") as anybody:
        assert anybody.get("/datasets/an%20owner%2Fa%20set%3F%20100%20%25").json()["images"] == 7
    [entry] = entries(service, dataset="client")
    assert (entry["images"], entry["reports"][0]["reason"]) == (7, "unknown")
    with pytest.raises(Unauthenticated):
        report_unmapped(service.url, "", "eval", [])
    with pytest.raises(RequestInvalid):
        report_unmapped(service.url, token, "eval", [Unmapped("client", "a\x00b", 7)])


def test_a_token_without_the_scope_report_cannot_report(service: Service):
    with pytest.raises(Forbidden, match="scope report"):
        report_unmapped(service.url, service.tokens["looker"], "eval", [])
