"""The published layout: names in lower case, synonyms in a map, subtypes in another."""

from __future__ import annotations

import json

import pytest

from kg_service.core.concept import Condition
from kg_service.core.errors import KnowledgeInvalid
from kg_service.exchange.incoming import plan
from kg_service.exchange.published import read_published, write_published

FOREIGN = {
    "synonym_map": {
        "mole": "melanocytic nevus",
        "pigmented mole": "mole",
        "melanocytic nevus": "melanocytic nevus",
        "spitz tumor": "spitz nevus",
        "bcc": "basal cell carcinoma (bcc)",
    },
    "subtype_map": {
        "neoplasm": ["mole", "basal cell carcinoma (bcc)"],
        "mole": ["spitz tumor", "blue nevus", "melanocytic nevus"],
        "spitz nevus": [],
        "malignant skin neoplasm": ["some  carcinoma (sc)", "basal cell carcinoma (bcc)"],
        "inflammatory skin disease": ["psoriasis"],
        "odd group": ["odd thing"],
    },
}


def test_a_published_file_becomes_changes(knowledge, put):
    rows = read_published(put("in.json", json.dumps(FOREIGN, indent=1)))
    by_key = {row.key: row for row in rows}
    assert by_key["spitz nevus"].parents == ("melanocytic nevus",)
    assert by_key["spitz nevus"].place.endswith("in.json, line 6")
    assert by_key["melanocytic nevus"].alt_labels == ("mole", "pigmented mole")
    found = plan(rows, knowledge)
    assert found.sentences() == (
        "melanocytic-nevus is also called 'pigmented mole'",
        "add 'spitz nevus' (spitz-nevus) under melanocytic-nevus, benign as its group is, also called 'spitz tumor'",
        "add 'some carcinoma' (some-carcinoma) under malignant-neoplasm, malignant as its group is, also called 'sc'",
    )
    assert [change.concept.condition for change in found.changes[1:]] == [Condition.BENIGN, Condition.MALIGNANT]
    assert {key: how for key, _, how in found.matched}["basal cell carcinoma (bcc)"] == "preferred"


def test_new_leaves_without_a_condition_are_findings(knowledge, put):
    found = plan(read_published(put("in.json", json.dumps(FOREIGN))), knowledge)
    assert [finding.partition("(")[2] for finding in found.findings] == [
        f"{name}): it has no condition, has no members, and lies under no group whose members share one; "
        "the row is left out"
        for name in ("odd group", "odd thing")
    ]


def test_names_that_are_each_others_synonyms_are_one_row(put):
    content = {"synonym_map": {"a": "b", "b": "c", "c": "a", "d": "b"}, "subtype_map": {}}
    [row] = read_published(put("in.json", json.dumps(content)))
    assert (row.pref_label, sorted(row.alt_labels)) == ("a", ["b", "c", "d"])


def test_what_is_lost_in_this_layout_is_what_its_docstring_says(knowledge):
    content = json.loads(write_published(knowledge))
    assert content["synonym_map"]["malignant melanoma"] == "melanoma"
    assert "mm" not in content["synonym_map"]  # ambiguous: it stands for no one name
    assert content["subtype_map"]["melanoma"] == ["nodular melanoma", "superficial spreading melanoma"]
    assert all(name == name.lower() for part in content.values() for name in part)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"synonym_map": {"a": "b",}}', r"in\.json, line 1"),
        ("[1, 2]", "neither synonym_map nor subtype_map"),
        ('{"other": {}}', "neither synonym_map nor subtype_map"),
        ('{"synonym_map": []}', "synonym_map is not an object"),
        ('{"synonym_map": {"a": 1}}', "the synonym 'a' must stand for one name"),
        ('{"subtype_map": {"a": "b"}}', "the subtypes of 'a' must be a list of names"),
        ('{"subtype_map": {"a": [["b"]]}}', "the subtypes of 'a' must be a list of names"),
        ('{"synonym_map": {}, "subtype_map": {}}', "it holds no name"),
    ],
)
def test_json_of_another_layout_is_refused(put, content, message):
    with pytest.raises(KnowledgeInvalid, match=message):
        read_published(put("in.json", content))
