"""Many people, two processes, one truth: nothing is lost, nothing is read too old, nothing contradicts itself."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import httpx
import pytest

from kg_service.editorial import repository
from kg_service.editorial.verify import findings

from ..services import Person
from .conftest import Pair
from .together import together

pytestmark = pytest.mark.xdist_group("concurrency")  # one worker, so that its services start once

EDITORS, EDITS, READS = 8, 25, 180


def lines(pair: Pair) -> list[str]:
    """The statements that hold now."""
    with pair.place.database() as database, database.reading() as session:
        return repository.current_lines(session)


@pytest.fixture(autouse=True)
def sound(pair: Pair) -> Iterator[None]:
    """After every test the data is what its log says."""
    yield
    with pair.place.database() as database, database.reading() as session:
        assert findings(session) == []


@contextmanager
def unchanged(pair: Pair) -> Iterator[None]:
    before = lines(pair)
    yield
    assert lines(pair) == before


def test_eight_editors_of_one_concept_lose_nothing(pair: Pair):
    people = [pair.person(n, "editor", f"editor-{n}", trusted=True) for n in range(EDITORS)]

    def edit(n: int) -> int:
        refused = 0
        for step in range(EDITS):
            while True:
                body, etag = people[n].stated("psoriasis")
                label = f"e{n}n{step}"
                answer = people[n].put({**body, "altLabels": [*body["altLabels"], label]}, etag, label)
                if answer.status_code == 200:
                    break
                assert answer.status_code == 412, answer.text
                refused += 1
        return refused

    refused = together([partial(edit, n) for n in range(EDITORS)])
    assert sum(refused) > 0, "they never met, so this proved nothing"
    expected = {f"e{n}n{step}" for n in range(EDITORS) for step in range(EDITS)}
    for person in people[:2]:
        assert set(person.stated("psoriasis")[0]["altLabels"]) == expected
    with pair.place.database() as database, database.reading() as session:
        made = [row.message for row in repository.changes(session, limit=10_000) if row.message in expected]
    assert sorted(made) == sorted(expected)


def test_who_says_what_they_know_of_never_reads_older(pair: Pair):
    writer, reader = pair.person(0, "editor", "writer", trusted=True), pair.person(1, "reader", "reader")
    stale = 0
    for n in range(READS):
        body, etag = writer.stated("bowen-disease")
        made = writer.put({**body, "definition": f"version {n}"}, etag)
        assert made.status_code == 200, made.text
        known = made.headers["KG-Seq"]
        answer = reader.get("/concepts/bowen-disease?release=draft", **{"KG-Min-Seq": known})
        stale += answer.json()["definition"] != f"version {n}" or int(answer.headers["KG-Seq"]) < int(known)
    assert stale == 0


def test_a_published_release_is_read_at_once_by_who_knows_of_it(pair: Pair):
    editor, reviewer = pair.person(0, "editor", "tess", trusted=True), pair.person(0, "reviewer", "rita")
    reader = pair.person(1, "reader", "reader")
    for n in range(5):
        body, etag = editor.stated("bowen-disease")
        editor.put({**body, "definition": f"edition {n}"}, etag).raise_for_status()
        made = reviewer.publish().raise_for_status()
        answer = reader.get("/concepts/bowen-disease", **{"KG-Min-Seq": made.headers["KG-Seq"]})
        assert answer.json()["definition"] == f"edition {n}"


def test_a_seq_that_the_log_does_not_hold_is_said_so(pair: Pair):
    answer = pair.person(0, "reader", "reader").get("/concepts/melanoma", **{"KG-Min-Seq": str(10**9)})
    assert (answer.status_code, answer.json()["code"]) == (409, "seq-unknown")


@pytest.mark.parametrize("turn", range(3))
def test_of_two_moves_that_make_a_cycle_one_wins_and_the_other_is_told_why(pair: Pair, turn: int):
    editor = pair.person(0, "editor", "ed")
    reviewers = [pair.person(n, "reviewer", f"reviewer-{n}") for n in range(2)]
    a, b = "melanocytic-neoplasm", "keratinocytic-neoplasm"
    numbers = [
        editor.proposed({"change": "move", "concept": x, "parents": [y]}) for x, y in ((a, b), (b, a))
    ]  # fmt: skip
    with unchanged(pair):
        answers = together([partial(who.review, n) for who, n in zip(reviewers, numbers, strict=True)])
        assert sorted(answer.status_code for answer in answers) == [200, 422]
        won, lost = sorted(answers, key=lambda answer: answer.status_code)
        assert lost.json()["code"] == "cycle-found"
        assert a in lost.json()["detail"]
        assert b in lost.json()["detail"]
        other = next(number for number in numbers if number != won.json()["number"])
        assert editor.get(f"/proposals/{other}").json()["state"] == "in-review"
        assert "cycle" in editor.get(f"/proposals/{other}").json()["blocked"]
        reviewers[0].review(other, "decline", "it makes a cycle").raise_for_status()
        back = reviewers[1].revert(won.json()["change"]).raise_for_status().json()["number"]
        reviewers[0].accepted(back)


def test_of_two_reviewers_of_one_proposal_one_decides(pair: Pair):
    editor = pair.person(0, "editor", "ed")
    reviewers = [pair.person(n, "reviewer", f"reviewer-{n}") for n in range(4)]
    for turn in range(4):
        number = editor.proposed({"change": "rename", "concept": "blue-nevus", "label": f"blue nevus {turn}"})
        verdicts = [("accept", ""), ("decline", "no"), ("accept", ""), ("decline", "no")]
        answers = together([partial(who.review, number, *v) for who, v in zip(reviewers, verdicts, strict=True)])
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
        assert {a.json()["code"] for a in answers if a.status_code == 409} == {"proposal-closed"}
        (decided,) = (answer.json() for answer in answers if answer.status_code == 200)
        assert editor.get(f"/proposals/{number}").json()["review"] == decided["review"]


def test_an_acceptance_that_would_overwrite_anothers_edit_is_refused(pair: Pair):
    editor, reviewer = pair.person(0, "editor", "ed"), pair.person(1, "reviewer", "rita")
    ours, theirs = (
        editor.proposed({"change": "set-condition", "concept": "bowen-disease", "condition": condition})
        for condition in ("benign", "malignant")
    )
    reviewer.accepted(ours)
    with unchanged(pair):
        answer = reviewer.review(theirs)
    assert (answer.status_code, answer.json()["code"]) == (409, "edit-conflict")
    assert "the condition of bowen-disease was changed" in answer.json()["findings"]


def test_a_split_never_overwrites_a_concept_that_others_made_meanwhile(pair: Pair):
    editor, reviewer = pair.person(0, "editor", "ed"), pair.person(1, "reviewer", "rita")
    parts = [{"id": id_, "prefLabel": id_.replace("-", " ")} for id_ in ("common-blue-nevus", "cellular-blue-nevus")]
    split = editor.proposed({"change": "split", "concept": "blue-nevus", "parts": parts})
    theirs = {**parts[1], "parents": ["melanocytic-nevus"], "condition": "malignant", "definition": "said by others"}
    made = _accept(pair, editor, reviewer, {"change": "put-concept", "concept": theirs})
    with unchanged(pair):
        answer = reviewer.review(split)
        assert (answer.status_code, answer.json()["code"]) == (409, "edit-conflict")
        assert "the concept cellular-blue-nevus was changed" in answer.json()["findings"]
    reviewer.accepted(editor.revert(made).raise_for_status().json()["number"])


def test_of_an_acceptance_and_a_withdrawal_one_wins(pair: Pair):
    editor, reviewer = pair.person(0, "editor", "ed"), pair.person(1, "reviewer", "rita")
    for turn in range(4):
        change = {"change": "rename", "concept": "psoriasis", "label": f"psoriasis {turn}"}
        number = editor.proposed(change)
        withdraw = partial(editor.post, f"/proposals/{number}/withdraw", {})
        answers = together([partial(reviewer.review, number), withdraw])
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        won = next(answer.json()["state"] for answer in answers if answer.status_code == 200)
        assert editor.get(f"/proposals/{number}").json()["state"] == won


def test_edits_of_different_parts_both_go_through_at_once(pair: Pair):
    editor = pair.person(0, "editor", "ed")
    reviewers = [pair.person(n, "reviewer", f"reviewer-{n}") for n in range(4)]
    body, _ = editor.stated("nodular-melanoma")
    changes = [
        {"change": "set-labels", "concept": "nodular-melanoma", "alt": ["NM of the skin"]},
        {"change": "set-profile", "concept": "nodular-melanoma", "profile": {"milia-like-cysts": "absent"}},
        {"change": "move", "concept": "nodular-melanoma", "parents": ["malignant-neoplasm"]},
        {"change": "rename", "concept": "multiple-myeloma", "label": "plasma cell myeloma"},
    ]
    numbers = [editor.proposed(change) for change in changes]
    answers = together([partial(who.review, n) for who, n in zip(reviewers, numbers, strict=True)])
    assert [answer.status_code for answer in answers] == [200] * 4, [answer.text for answer in answers]
    after, _ = reviewers[1].stated("nodular-melanoma")
    assert after == {
        **body,
        "altLabels": ["NM of the skin"],
        "profile": {"milia-like-cysts": "absent"},
        "parents": ["malignant-neoplasm"],
    }
    assert reviewers[0].stated("multiple-myeloma")[0]["prefLabel"] == "plasma cell myeloma"


def test_publishing_while_others_write_holds_a_prefix_of_the_log(pair: Pair):
    editors = [pair.person(n, "editor", f"editor-{n}", trusted=True) for n in range(4)]
    reviewer = pair.person(1, "reviewer", "rita")
    concepts = ("junctional-nevus", "seborrheic-keratosis", "nodular-melanoma", "basal-cell-carcinoma")

    def write(n: int) -> list[dict]:
        for step in range(12):
            body, etag = editors[n].stated(concepts[n])
            made = editors[n].put({**body, "definition": f"writer {n}, step {step}"}, etag)
            assert made.status_code == 200, made.text
        return []

    def publish() -> list[dict]:
        answers = [reviewer.publish() for _ in range(6)]
        assert {answer.status_code for answer in answers} <= {201, 422}
        return [answer.json() for answer in answers if answer.status_code == 201]

    made = [row for rows in together([*(partial(write, n) for n in range(4)), publish]) for row in rows]
    assert len(made) >= 2
    seqs = [row["seq"] for row in made]
    assert seqs == sorted(set(seqs))
    with pair.place.database() as database, database.reading() as session:
        held: set[str] = set()
        wanted = {row["seq"]: row["id"] for row in made}
        for seq in range(1, repository.last_seq(session) + 1):
            change = repository.change(session, seq)
            held = (held - set(change.removed.splitlines())) | set(change.added.splitlines())
            if seq in wanted:
                assert repository.nquads(session, wanted[seq]).decode().splitlines() == sorted(held)


def test_two_publishers_at_once_make_one_release(pair: Pair):
    editor = pair.person(0, "editor", "tess", trusted=True)
    reviewers = [pair.person(n, "reviewer", f"reviewer-{n}") for n in range(2)]
    body, etag = editor.stated("bowen-disease")
    editor.put({**body, "definition": "for one release"}, etag).raise_for_status()
    answers = together([reviewer.publish for reviewer in reviewers])
    assert sorted(answer.status_code for answer in answers) == [201, 422]
    assert next(a for a in answers if a.status_code == 422).json()["code"] == "nothing-changed"
    assert reviewers[0].get("/releases").json() == reviewers[1].get("/releases").json()


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


REVERTED = (
    {"change": "put-concept", "concept": {"id": "angioma", "prefLabel": "angioma", "parents": ["neoplasm"],
                                          "condition": "benign", "altLabels": ["cherry angioma"]}},
    {"change": "rename", "concept": "melanoma", "label": "cutaneous melanoma"},
    {"change": "set-labels", "concept": "melanocytic-nevus", "alt": [], "hidden": ["naevuss"], "ambiguous": []},
    {"change": "move", "concept": "melanoma", "parents": ["malignant-neoplasm"]},
    {"change": "set-condition", "concept": "junctional-nevus", "condition": "malignant"},
    {"change": "set-profile", "concept": "seborrheic-keratosis", "profile": {"milia-like-cysts": "characteristic"}},
    {"change": "describe", "concept": "psoriasis", "definition": "a \"quoted\"\nline", "source": "nobody",
     "exactMatch": ["http://purl.obolibrary.org/obo/DOID_8893"], "closeMatch": [], "reviewStatus": "reviewed"},
    {"change": "put-feature", "feature": {"id": "crust", "prefLabel": "crust", "kind": "surface"}},
    {"change": "put-differential", "differential": {"a": "melanoma", "b": "psoriasis", "strength": "strong",
                                                    "features": ["scale"], "source": "a book"}},
    {"change": "remove-differential", "a": "melanoma", "b": "psoriasis"},
    {"change": "put-crosswalk", "entry": {"dataset": "isic", "label": "MEL", "concepts": ["melanoma"]}},
    {"change": "remove-crosswalk", "dataset": "derm7pt", "label": "reed or spitz nevus"},
    {"change": "retire", "concept": "nodular-melanoma", "replacedBy": ["superficial-spreading-melanoma"]},
    {"change": "merge", "concept": "blue-nevus", "into": "junctional-nevus"},
)  # fmt: skip


def _accept(pair: Pair, editor: Person, reviewer: Person, change: dict) -> int:
    answer = editor.propose(change)
    assert answer.status_code == 201, (change, answer.text)
    return reviewer.accepted(answer.json()["number"])


def test_a_revert_restores_every_statement(pair: Pair):
    editor, reviewer = pair.person(0, "editor", "ed"), pair.person(1, "reviewer", "rita")
    for change in REVERTED:
        before = lines(pair)
        seq = _accept(pair, editor, reviewer, change)
        assert lines(pair) != before, change
        back = editor.revert(seq)
        assert back.status_code == 201, (change, back.text)
        reviewer.accepted(back.json()["number"])
        assert lines(pair) == before, change


def test_many_changes_reverted_backwards_restore_every_statement(pair: Pair):
    editor, reviewer = pair.person(0, "editor", "ed"), pair.person(1, "reviewer", "rita")
    rng = random.Random(4)
    with unchanged(pair):
        seqs = [_accept(pair, editor, reviewer, change) for change in rng.sample(REVERTED[:4], 4)]
        for seq in reversed(seqs):
            reviewer.accepted(editor.revert(seq).raise_for_status().json()["number"])


def test_what_was_edited_since_cannot_be_taken_back(pair: Pair):
    editor, reviewer = pair.person(0, "editor", "ed"), pair.person(1, "reviewer", "rita")
    seq = _accept(pair, editor, reviewer, {"change": "rename", "concept": "melanoma", "label": "melanoma of the skin"})
    _accept(pair, editor, reviewer, {"change": "rename", "concept": "melanoma", "label": "malignant melanoma of skin"})
    with unchanged(pair):
        answer = editor.revert(seq)
    assert (answer.status_code, answer.json()["code"]) == (409, "edit-conflict")
    assert any("melanoma was edited" in finding for finding in answer.json()["findings"])
