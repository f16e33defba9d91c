"""Many writers, two processes, one truth: nothing is lost, and nothing is read too old."""

from __future__ import annotations

from functools import partial

import pytest

from kg_service.editorial import repository

from .conftest import Pair
from .together import together

pytestmark = pytest.mark.usefixtures("sound")

EDITORS, EDITS, READS = 8, 25, 180


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


def test_publishing_while_others_write_holds_a_prefix_of_the_log(pair: Pair):
    editors = [pair.person(n, "editor", f"editor-{n}", trusted=True) for n in range(4)]
    reviewer = pair.person(1, "reviewer", "rita")
    concepts = ("junctional-nevus", "seborrheic-keratosis", "nodular-melanoma", "basal-cell-carcinoma")

    finished: list[int] = []

    def write(n: int) -> list[dict]:
        try:
            for step in range(12):
                body, etag = editors[n].stated(concepts[n])
                made = editors[n].put({**body, "definition": f"writer {n}, step {step}"}, etag)
                assert made.status_code == 200, made.text
        finally:
            finished.append(n)
        return []

    def publish() -> list[dict]:
        answers = []
        while len(finished) < len(editors):
            answers.append(reviewer.publish())
        answers.append(reviewer.publish())
        assert {answer.status_code for answer in answers} <= {201, 422}
        return [answer.json() for answer in answers if answer.status_code == 201]

    made = [row for rows in together([*(partial(write, n) for n in range(4)), publish]) for row in rows]
    assert made
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
