"""What an author is told while typing."""

from __future__ import annotations

from dataclasses import replace

from kg_service.core.concept import Concept, Condition, Retired
from kg_service.core.content import Content
from kg_service.core.impact import impact
from kg_service.core.knowledge import Knowledge
from kg_service.web.concept_form import NEW
from kg_service.web.hints import Hint, hints

from ..mini import mini


def said(know: Knowledge, was: Concept, mine: Concept, field: str) -> list[Hint]:
    return [hint for hint in hints(know, was, mine, None) if hint.field == field]


def test_a_label_that_names_another_concept_is_grave():
    know = mini()
    was = know.concepts["blue-nevus"]
    mine = replace(was, alt_labels=(*was.alt_labels, "malignant melanoma"))
    [hint] = said(know, was, mine, "names")
    assert (hint.typed, hint.concepts, hint.grave) == ("malignant melanoma", ("melanoma",), True)


def test_a_label_that_is_shared_by_declaration_is_not_grave():
    know = mini()
    was = know.concepts["blue-nevus"]
    mine = replace(was, alt_labels=(*was.alt_labels, "malignant melanoma"), ambiguous_labels=("malignant melanoma",))
    assert not any(hint.grave for hint in said(know, was, mine, "names"))


def test_a_label_that_is_understood_already_is_said_to_be():
    know = mini()
    was = know.concepts["blue-nevus"]
    [hint] = said(know, was, replace(was, alt_labels=("blue naevus",)), "names")
    assert not hint.grave
    assert "understood" in hint.says


def test_labels_that_were_there_before_are_not_remarked_on():
    know = mini()
    for concept in know.concepts.values():
        assert said(know, concept, concept, "names") == []


def test_the_name_of_something_retired_is_told_with_what_stands_for_it():
    content = Content.of(mini()).with_item("retired", "gone", Retired("gone", "Gone disease", ("melanoma",)))
    know = content.knowledge()
    was = know.concepts["blue-nevus"]
    [hint] = said(know, was, replace(was, alt_labels=("gone Disease",)), "names")
    assert hint.concepts == ("melanoma",)


def test_a_missing_definition_is_remarked_on():
    know = mini()
    was = replace(know.concepts["blue-nevus"], definition="")
    assert said(know, was, was, "definition")
    assert not said(know, was, replace(was, definition="Blue."), "definition")


def test_a_condition_unlike_its_group_is_remarked_on_before_and_after_it_is_chosen():
    know = mini()
    new = Concept("new", "new nevus", ("melanocytic-nevus",))
    [hint] = said(know, NEW, new, "condition")
    assert hint.concepts == ("melanocytic-nevus",)
    assert said(know, NEW, replace(new, condition=Condition.BENIGN), "condition") == []
    mine = replace(new, condition=Condition.MALIGNANT)
    after = Content.of(know).with_concept(mine).knowledge()
    told = [hint for hint in hints(know, NEW, mine, impact(know, after, {})) if hint.field == "condition"]
    assert {hint.concepts for hint in told if hint.grave} >= {("melanocytic-nevus",)}
