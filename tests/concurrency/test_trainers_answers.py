"""What the trainer and the synthesiser ask changes with a release and not before, in every process."""

from __future__ import annotations

import httpx
import pytest

from .conftest import Pair

pytestmark = pytest.mark.usefixtures("sound")


ASKED = (
    ("GET", "/releases/latest/snapshot", None),
    ("GET", "/concepts?limit=1000", None),
    *(("GET", f"/concepts/{id_}", None) for id_ in ("melanoma", "blue-nevus", "seborrheic-keratosis")),
    ("GET", "/concepts/superficial-spreading-melanoma/ddx", None),
    ("GET", "/concepts/superficial-spreading-melanoma/distractors", None),
    ("POST", "/resolve", {"labels": ["nevus", "SK", "black mole", "BCC"], "dataset": "ham10000"}),
    ("POST", "/score", {"labels": ["black mole", "nevus"], "golds": ["seborrheic-keratosis", "blue-nevus"]}),
    ("POST", "/meet", {"a": ["blue-nevus", "bowen-disease"], "b": ["melanoma", "seborrheic-keratosis"]}),
)


def trainers_answers(pair: Pair) -> list[tuple[bytes, str | None]]:
    found = []
    for url in pair.urls:
        for method, path, body in ASKED:
            answer = httpx.request(method, f"{url}/v1{path}", json=body).raise_for_status()
            found.append((answer.content, answer.headers.get("ETag")))
    return found


def everywhere_known(pair: Pair, seq: int) -> None:
    """Both processes have looked at the log up to this change, and at the releases there are."""
    for url in pair.urls:
        httpx.get(f"{url}/v1/concepts/melanoma", headers={"KG-Min-Seq": str(seq)}).raise_for_status()


def test_the_trainers_answers_stay_byte_for_byte_until_a_release_is_published(pair: Pair):
    editor, reviewer = pair.person(0, "editor", "tess", trusted=True), pair.person(1, "reviewer", "rita")
    everywhere_known(pair, editor.get("/changes?limit=1").json()["items"][0]["seq"])
    before = trainers_answers(pair)
    assert before[: len(ASKED)] == before[len(ASKED) :]
    body, etag = editor.stated("seborrheic-keratosis")
    edited = editor.put({**body, "altLabels": [*body["altLabels"], "black mole"]}, etag)
    assert edited.json()["state"] == "accepted"
    for change in (
        {"change": "move", "concept": "seborrheic-keratosis", "parents": ["neoplasm"]},
        {"change": "remove-differential", "a": "seborrheic-keratosis", "b": "superficial-spreading-melanoma"},
        {"change": "put-crosswalk", "entry": {"dataset": "ham10000", "label": "SK", "concepts": ["psoriasis"]}},
    ):
        reviewer.accepted(editor.proposed(change))
        assert trainers_answers(pair) == before
    assert reviewer.get("/concepts/seborrheic-keratosis?release=draft").json()["parents"] == ["neoplasm"]
    everywhere_known(pair, reviewer.publish().raise_for_status().json()["seq"])
    after = trainers_answers(pair)
    assert after[: len(ASKED)] == after[len(ASKED) :]
    kept = {ASKED[n][1] for n in range(len(ASKED)) if after[n][0] == before[n][0]}
    assert kept <= {"/concepts/melanoma", "/concepts/blue-nevus"}
