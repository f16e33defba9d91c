"""Reviewers in two processes: what contradicts or overwrites is refused and says why, the rest goes through."""

from __future__ import annotations

from functools import partial

import pytest

from .conftest import Pair, accept, unchanged
from .together import together

pytestmark = pytest.mark.usefixtures("sound")


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
    made = accept(editor, reviewer, {"change": "put-concept", "concept": theirs})
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
