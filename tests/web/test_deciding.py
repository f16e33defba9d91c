"""What a form of the inbox says: only the boxes that its relation takes, and nothing that the page did not offer."""

from __future__ import annotations

import pytest
from starlette.datastructures import FormData

from kg_service.core.errors import RequestInvalid
from kg_service.editorial.inbox.planning import Choice
from kg_service.web.deciding import choice_in


def said(decision: str, *concepts: str, **more: str) -> Choice:
    boxes = {f"concept-row-{place}": concept for place, concept in enumerate(concepts)}
    return choice_in(FormData({"dataset": "atlas", "label": "spots", "decision": decision, **boxes, **more}))


def test_one_disease_is_that_of_the_first_box():
    assert said("same-as", "melanoma", "psoriasis").concepts == ("melanoma",)
    assert said("broader", "melanoma", "", "").concepts == ("melanoma",)


def test_what_the_other_boxes_held_before_does_not_stand_in_for_an_empty_first_one():
    with pytest.raises(RequestInvalid, match="choose the disease or group first"):
        said("same-as", "", "psoriasis")


def test_several_are_all_that_were_chosen_each_once():
    assert said("several", "melanoma", "", "psoriasis", "melanoma").concepts == ("melanoma", "psoriasis")
    with pytest.raises(RequestInvalid, match="at least two"):
        said("several", "melanoma", "melanoma")


def test_what_is_no_disease_names_none():
    assert said("not-a-disease", "melanoma").concepts == ()
    assert said("cannot-tell", "melanoma").concepts == ()


def test_only_a_name_can_hold_everywhere():
    assert said("same-as", "melanoma", scope="everywhere").scope == "everywhere"
    assert said("broader", "melanoma", scope="everywhere").scope == "dataset"


def test_a_relation_or_a_scope_that_there_is_not_is_refused():
    for wrong in ({"decision": "perhaps"}, {"decision": "same-as", "scope": "nowhere"}):
        with pytest.raises(RequestInvalid):
            said(wrong.pop("decision"), "melanoma", **wrong)
