"""Errors on the page: by names, without a word of the API."""

from __future__ import annotations

import re

import pytest

from kg_service.core.change import Move, Remove, SetCondition, SetProfile, apply_all
from kg_service.core.concept import Condition, Polarity
from kg_service.core.content import Content
from kg_service.core.effect import difference
from kg_service.core.errors import CycleFound, EditConflict, KnowledgeInvalid, UnknownConcept, UnknownRelease
from kg_service.core.impact import impact
from kg_service.core.naming import Naming
from kg_service.core.succession import Merge
from kg_service.web.wording import by_names, problem

from ..mini import mini

KNOW = mini()


def test_a_cycle_is_told_by_the_names_on_it():
    moved = apply_all([Move("melanocytic-neoplasm", ("blue-nevus",))], Content.of(KNOW))
    with pytest.raises(CycleFound) as refused:
        moved.knowledge(KNOW)
    said, findings = problem(refused.value, KNOW)
    assert "'melanocytic neoplasm' › 'melanocytic nevus' › 'blue nevus'" in said
    assert findings == ()


def test_findings_name_what_they_are_about_and_stand_apart():
    error = KnowledgeInvalid("this cannot be done:", ("concept:blue-nevus cites pigment-network", "SSM is ambiguous"))
    assert problem(error, KNOW) == (
        "this cannot be done:",
        ("'blue nevus' cites 'pigment network'", "SSM is ambiguous"),
    )


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("there is no release '7'; GET /v1/releases lists those there are", "there is no release '7'"),
        ("no concept has the id 'warts'", "there is no disease or group called 'warts'"),
        ("blue-nevus--junctional-nevus was edited", "'blue nevus' and 'junctional nevus' was edited"),
        (
            "the differential blue-nevus--melanoma cites scale, which is absent on both sides",
            "the differential 'blue nevus' and 'melanoma' is told apart by 'scale', which would be absent in both",
        ),
        ("the parents of blue-nevus was changed", "the parents of 'blue nevus' were changed"),
        ("the concept blue-nevus was changed", "'blue nevus' was changed"),
        ("the label 'a melanoma of mine' is taken", "the label 'a melanoma of mine' is taken"),
        ("non-melanoma is no id, Melanoma neither", "non-melanoma is no id, Melanoma neither"),
    ],
)
def test_only_what_is_an_id_becomes_a_name(said: str, read: str):
    assert by_names(said, KNOW) == read


def test_what_no_state_knows_stays_as_it_is():
    assert problem(UnknownConcept("x-y is gone"), KNOW)[0] == "x-y is gone"
    assert problem(UnknownRelease("gone"), KNOW) == ("gone", ())
    assert problem(EditConflict("changed:", ("the labels of blue-nevus was changed",)), KNOW)[1] == (
        "the labels of 'blue nevus' were changed",
    )


def test_what_an_edit_does_is_told_without_the_words_of_training():
    edits = [
        Move("blue-nevus", ("melanocytic-neoplasm",)),
        SetCondition("junctional-nevus", Condition.MALIGNANT),
        Remove("basal-cell-carcinoma"),
        Merge("nodular-melanoma", "superficial-spreading-melanoma"),
        SetProfile("blue-nevus", (("scale", Polarity.PRESENT),)),
    ]
    after = apply_all(edits, Content.of(KNOW)).knowledge(KNOW)
    found, call = impact(KNOW, after, {}), Naming.by_labels(KNOW, after)
    told = [*found.warnings(call), *found.consequences(call), *difference(KNOW, after, call).rewards]
    assert any("score" in each for each in told)
    for each in told:
        assert not re.search(r"\b(golds?|pairs|concepts?|earns?|profile)\b", each), each
