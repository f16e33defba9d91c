"""The change vocabulary travels as JSON and comes back as it was; what is no change is refused by name."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from kg_service.wire.changes import change_rows, read_changes, write_changes

from ..core.test_change import BROAD, EVERY_KIND


def test_every_kind_of_change_comes_back_as_it_was():
    changes = (*EVERY_KIND, *BROAD)
    assert read_changes(write_changes(changes)) == changes
    assert read_changes(json.dumps(change_rows(changes))) == changes


def test_names_on_the_wire_are_those_of_skos():
    [row] = change_rows(EVERY_KIND[:1])
    assert row["change"] == "put-concept"
    assert row["concept"]["prefLabel"] == "lentigo maligna"
    assert row["concept"]["profile"] == {}


def test_the_ends_of_a_differential_may_come_in_any_order():
    row = {"a": "psoriasis", "b": "melanoma", "strength": "weak", "features": ["scale"]}
    [change] = read_changes(json.dumps([{"change": "put-differential", "differential": row}]))
    assert change.differential.id == "melanoma--psoriasis"


@pytest.mark.parametrize(
    "row",
    [
        {"change": "explode", "concept": "melanoma"},
        {"change": "rename", "concept": "melanoma", "label": "  "},
        {"change": "rename", "concept": "mela noma", "label": "x"},
        {"change": "rename", "concept": "../etc/passwd", "label": "x"},
        {"change": "rename", "concept": "melanoma", "label": "two\nlines"},
        {"change": "rename", "concept": "melanoma", "label": "bell\x07"},
        {"change": "rename", "concept": "melanoma", "label": "x", "lable": "y"},
        {"change": "set-condition", "concept": "melanoma", "condition": "evil"},
        {"change": "set-profile", "concept": "melanoma", "profile": {"scale": "perhaps"}},
        {"change": "split", "concept": "melanoma", "parts": [{"id": "a", "prefLabel": "a"}]},
        {"change": "put-differential", "differential": {"a": "x", "b": "y", "strength": "weak", "features": []}},
        {"change": "describe", "concept": "melanoma", "definition": "", "exactMatch": ["not an iri"],
         "closeMatch": [], "source": "", "reviewStatus": "unreviewed"},
    ],
)  # fmt: skip
def test_what_is_no_change_is_refused(row: dict):
    with pytest.raises(ValidationError):
        read_changes(json.dumps([row]))


def test_a_hostile_name_is_only_text():
    hostile = "<img src=x onerror=alert(1)>\"'; DROP TABLE quad; -- =cmd|calc"
    [change] = read_changes(json.dumps([{"change": "rename", "concept": "melanoma", "label": hostile}]))
    assert change.label == hostile
