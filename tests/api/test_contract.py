"""The outside contract, shape by shape (design: "The outside contract")."""

from __future__ import annotations

import hashlib

import httpx
import pytest

from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import SPECS, score, score_labels

from ..mini import reply

CONCEPT_KEYS = {"id", "prefLabel", "altLabels", "condition", "level", "parents", "children", "exactMatch"}


def test_health_names_release_digest_and_seq(http: httpx.Client, knowledge: Knowledge):
    assert http.get("/health").json() == {"status": "ok", "release": "1", "digest": knowledge.digest, "seq": 1}


def test_paging_gives_every_concept_once_in_order(http: httpx.Client, knowledge: Knowledge):
    seen: list[str] = []
    cursor = None
    while True:
        page = http.get("/concepts", params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        assert set(page) == {"items", "next"}
        assert len(page["items"]) <= 3
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == sorted(knowledge.concepts)


def test_a_cursor_that_no_page_gave_does_no_harm(http: httpx.Client):
    assert http.get("/concepts", params={"cursor": "\x00'; DROP TABLE change; --"}).status_code == 200
    assert http.get("/concepts", params={"cursor": "zzzz"}).json() == {"items": [], "next": None}


def test_a_concept_has_the_shape_of_the_contract(http: httpx.Client):
    body = http.get("/concepts/melanoma").json()
    assert set(body) >= CONCEPT_KEYS
    assert body["prefLabel"] == "melanoma"
    assert body["altLabels"] == ["malignant melanoma"]
    assert (body["condition"], body["conditionStatus"], body["level"]) == ("malignant", "derived", 3)
    assert body["parents"] == ["melanocytic-neoplasm", "malignant-neoplasm"]
    assert body["children"] == ["nodular-melanoma", "superficial-spreading-melanoma"]
    assert body["features"][0] == {"feature": "irregular-border", "polarity": "characteristic", "from": "melanoma"}


def test_a_group_whose_members_differ_has_no_condition(http: httpx.Client):
    body = http.get("/concepts/neoplasm").json()
    assert (body["condition"], body["conditionStatus"]) == (None, "mixed")


def test_an_inherited_feature_says_where_it_is_stated(http: httpx.Client):
    rows = http.get("/concepts/superficial-spreading-melanoma").json()["features"]
    assert {"feature": "scale", "polarity": "absent", "from": "melanoma"} in rows


@pytest.mark.parametrize("relation", ["ancestors", "descendants", "lineage", "children"])
def test_relatives_are_whole_concepts_in_the_cores_order(http: httpx.Client, knowledge: Knowledge, relation: str):
    for id_ in knowledge.concepts:
        items = http.get(f"/concepts/{id_}/{relation}").json()["items"]
        assert [item["id"] for item in items] == list(getattr(knowledge, relation)(id_))
        assert all(set(item) >= CONCEPT_KEYS for item in items)


def test_ddx_is_seen_from_the_concept_asked_for(http: httpx.Client):
    there = http.get("/concepts/psoriasis/ddx").json()
    assert there == {
        "items": [
            {
                "concept": "melanoma",
                "prefLabel": "melanoma",
                "strength": "weak",
                "features": [{"feature": "scale", "here": "characteristic", "there": "absent"}],
                "source": "",
                "reviewStatus": "unreviewed",
            }
        ]
    }


def test_distractors_say_which_rule_found_them(http: httpx.Client):
    body = http.get("/concepts/nodular-melanoma/distractors").json()
    assert body == {"via": "parent-neighbour", "items": [{"concept": "psoriasis", "prefLabel": "psoriasis"}]}


def test_comparing_two_concepts_shows_where_they_meet_and_what_differs(http: httpx.Client):
    body = http.get("/compare", params={"a": "junctional-nevus", "b": "superficial-spreading-melanoma"}).json()
    assert (body["meet"], body["level"], body["strength"]) == (["melanocytic-neoplasm"], 2, "strong")
    assert {row["feature"] for row in body["discriminating"]} == {"irregular-border", "pigment-network"}
    assert {row["feature"] for row in body["features"]} > {row["feature"] for row in body["discriminating"]}


def test_search_says_which_label_matched(http: httpx.Client):
    assert http.get("/search", params={"q": "rodent"}).json()["items"] == [
        {"id": "basal-cell-carcinoma", "prefLabel": "basal cell carcinoma", "matched": "rodent ulcer"}
    ]
    assert len(http.get("/search", params={"q": "e", "limit": 2}).json()["items"]) <= 2


def test_suggest_ranks_candidates_that_resolve_refuses(http: httpx.Client):
    assert http.post("/resolve", json={"labels": ["melanomma"]}).json()["results"][0]["status"] == "unresolved"
    best = http.get("/suggest", params={"q": "melanomma"}).json()["items"][0]
    assert best["id"] == "melanoma"
    assert 0 < best["similarity"] < 1


def test_resolve_answers_every_label_in_order(http: httpx.Client):
    labels = ["Naevi", "MM", "no melanoma", "nv"]
    found = http.post("/resolve", json={"labels": labels, "dataset": "ham10000"}).json()["results"]
    assert [row["status"] for row in found] == ["resolved", "ambiguous", "unresolved", "resolved"]
    assert found[0] == {"status": "resolved", "concepts": ["melanocytic-nevus"], "how": "folded", "matched": "nevus"}
    assert found[1]["concepts"] == ["melanoma", "multiple-myeloma"]
    assert found[2] | {"reason": "negated"} == found[2]
    assert found[3]["how"] == "crosswalk"


def test_a_label_that_is_no_disease_has_a_status_of_its_own(http: httpx.Client):
    found = http.post("/resolve", json={"labels": ["6-benign-other"], "dataset": "midas"}).json()["results"]
    assert (found[0]["status"], found[0]["concepts"]) == ("not-a-disease", [])


def test_meet_answers_pairs_in_columns(http: httpx.Client, knowledge: Knowledge):
    pairs = [(a, b) for a in knowledge.concepts for b in knowledge.concepts]
    body = http.post("/meet", json={"a": [a for a, _ in pairs], "b": [b for _, b in pairs]}).json()
    assert body["meet"] == [list(knowledge.meet(a, b)) for a, b in pairs]
    assert body["level"] == [knowledge.meet_level(a, b) for a, b in pairs]


REPLIES = [
    reply("melanoma"), reply("SSM"), reply("nevus", "benign"), reply("psoriasis", "non-neoplastic"), "no tags",
    reply("cannot be determined"), reply("A"), reply("tumour", "in situ", "no scale, irregular border"),
]  # fmt: skip


@pytest.mark.parametrize("spec", ["paper", "released-code", "safe"])
def test_scores_equal_the_cores_to_the_last_bit(http: httpx.Client, knowledge: Knowledge, spec: str):
    options = [["melanoma", "psoriasis", "nevus", "SSM"]] * len(REPLIES)
    for gold in ("superficial-spreading-melanoma", "SSM", "melanoma"):
        golds = [gold] * len(REPLIES)
        body = {"replies": REPLIES, "golds": golds, "spec": spec, "options": options}
        found = http.post("/score", json=body).json()
        here = [score(r, gold, knowledge, SPECS[spec], options=options[0]) for r in REPLIES]
        for term in ("total", "format", "granularity", "condition", "predicted", "malformed"):
            assert found[term] == [getattr(row, term) for row in here]
        assert (found["release"], found["spec_digest"]) == ("1", SPECS[spec].digest)


def test_the_worked_example_of_the_reward_contract(http: httpx.Client):
    golds = ["superficial-spreading-melanoma"] * 3
    replies = [reply("melanoma"), reply("superficial spreading melanoma"), reply("nodular melanoma")]
    found = http.post("/score", json={"replies": replies, "golds": golds, "spec": "paper", "options": None}).json()
    assert found["granularity"] == [0.5625, 0.75, 0.0]
    assert found["total"] == [1.8125, 2.0, 1.25]


def test_label_scores_equal_the_cores_to_the_last_bit(http: httpx.Client, knowledge: Knowledge):
    labels = [c.pref_label for c in knowledge.concepts.values() for _ in knowledge.concepts]
    golds = [gold for _ in knowledge.concepts for gold in knowledge.concepts]
    found = http.post("/score", json={"labels": labels, "golds": golds, "spec": "safe"}).json()
    assert found["granularity"] == score_labels(labels, golds, knowledge, SPECS["safe"]).tolist()


def test_what_the_case_states_replaces_the_golds_condition(http: httpx.Client):
    body = {"replies": [reply("neoplasm", "benign")] * 2, "golds": ["neoplasm"] * 2, "conditions": [None, "benign"]}
    found = http.post("/score", json=body).json()
    assert found["condition"] == [0.0, 0.25]
    assert found["condition_scored"] == [False, True]


def test_features_list_and_say_who_has_them(http: httpx.Client):
    listed = http.get("/features").json()
    assert [row["id"] for row in listed["items"]] == [
        "irregular-border",
        "milia-like-cysts",
        "pigment-network",
        "scale",
    ]
    body = http.get("/features/scale").json()
    assert body["altLabels"] == ["scaling"]
    assert {"concept": "psoriasis", "polarity": "characteristic"} in body["concepts"]


def test_a_release_is_found_by_id_by_digest_and_as_latest(http: httpx.Client, knowledge: Knowledge):
    (listed,) = http.get("/releases").json()["items"]
    assert listed["id"] == "1"
    assert listed["digest"] == knowledge.digest
    for name in ("1", knowledge.digest, "latest"):
        assert http.get(f"/releases/{name}").json() == listed


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_the_snapshot_is_immutable_and_has_its_digest(http: httpx.Client, knowledge: Knowledge, encoding: str):
    answer = http.get("/releases/1/snapshot", headers={"Accept-Encoding": encoding})
    assert "sha256:" + hashlib.sha256(answer.content).hexdigest() == knowledge.digest
    assert answer.headers["etag"] == f'"{knowledge.digest}"'
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers.get("content-encoding", "identity") == encoding
    again = http.get("/releases/1/snapshot", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_latest_snapshot_must_be_asked_for_again(http: httpx.Client):
    assert http.get("/releases/latest/snapshot").headers["cache-control"] == "no-cache"
