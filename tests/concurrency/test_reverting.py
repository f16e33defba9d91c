"""A revert is a new change after which every statement is as it was, or it is refused."""

from __future__ import annotations

import random

import pytest

from .conftest import Pair, accept, lines, unchanged

pytestmark = pytest.mark.usefixtures("sound")


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


def test_a_revert_restores_every_statement(pair: Pair):
    editor, reviewer = pair.person(0, "editor", "ed"), pair.person(1, "reviewer", "rita")
    for change in REVERTED:
        before = lines(pair)
        seq = accept(editor, reviewer, change)
        assert lines(pair) != before, change
        back = editor.revert(seq)
        assert back.status_code == 201, (change, back.text)
        reviewer.accepted(back.json()["number"])
        assert lines(pair) == before, change


def test_many_changes_reverted_backwards_restore_every_statement(pair: Pair):
    editor, reviewer = pair.person(0, "editor", "ed"), pair.person(1, "reviewer", "rita")
    rng = random.Random(4)
    with unchanged(pair):
        seqs = [accept(editor, reviewer, change) for change in rng.sample(REVERTED[:4], 4)]
        for seq in reversed(seqs):
            reviewer.accepted(editor.revert(seq).raise_for_status().json()["number"])


def test_what_was_edited_since_cannot_be_taken_back(pair: Pair):
    editor, reviewer = pair.person(0, "editor", "ed"), pair.person(1, "reviewer", "rita")
    seq = accept(editor, reviewer, {"change": "rename", "concept": "melanoma", "label": "melanoma of the skin"})
    accept(editor, reviewer, {"change": "rename", "concept": "melanoma", "label": "malignant melanoma of skin"})
    with unchanged(pair):
        answer = editor.revert(seq)
    assert (answer.status_code, answer.json()["code"]) == (409, "edit-conflict")
    assert any("melanoma was edited" in finding for finding in answer.json()["findings"])
