"""What the forms that move, merge, split and retire mean."""

from __future__ import annotations

import pytest
from starlette.datastructures import FormData

from kg_service.core.change import Merge, Move, Retire, Split
from kg_service.core.concept import Concept, Condition
from kg_service.core.content import Content
from kg_service.core.errors import RequestInvalid
from kg_service.editorial.working import Working
from kg_service.web.placing import How, changes_of

from ..mini import mini

DRAFT = Working(1, Content.of(mini()), mini(), {})


def meant(how: How, concept: str, *fields: tuple[str, str]):
    return changes_of(how, FormData(list(fields)), DRAFT.content.concepts[concept], DRAFT)


def test_a_move_is_to_the_chosen_groups_in_their_order():
    assert meant("move", "blue-nevus", ("parent", "neoplasm"), ("parent", "melanocytic-nevus")) == [
        Move("blue-nevus", ("neoplasm", "melanocytic-nevus"))
    ]
    assert meant("move", "blue-nevus", ("parent", "melanocytic-nevus")) == []


def test_nothing_chosen_is_no_merge():
    assert meant("merge", "blue-nevus", ("into", "")) == []
    assert meant("merge", "blue-nevus", ("into", "melanoma")) == [Merge("blue-nevus", "melanoma")]


def test_retiring_keeps_the_reason_on_one_line():
    fields = (("instead", "melanoma"), ("instead", "melanoma"), ("message", "no longer\nused"))
    assert meant("retire", "blue-nevus", *fields) == [Retire("blue-nevus", ("melanoma",), "no longer used")]


def part(name: str, alt: str = "", condition: str = "") -> tuple[tuple[str, str], ...]:
    return ("part-label", name), ("part-alt", alt), ("part-condition", condition)


def test_a_split_gives_its_parts_addresses_of_their_own_and_places_the_members():
    changes = meant(
        "split",
        "melanocytic-nevus",
        *part("Flat nevus", "macular nevus\r\n\r\nmacular nevus", "benign"),
        *part("flat nevus"),
        ("child", "junctional-nevus"),
        ("child-part", "1"),
        ("child", "blue-nevus"),
        ("child-part", "2"),
    )
    first = Concept("flat-nevus", "Flat nevus", condition=Condition.BENIGN, alt_labels=("macular nevus",))
    assert changes == [
        Split("melanocytic-nevus", (first, Concept("flat-nevus-2", "flat nevus"))),
        Move("junctional-nevus", ("flat-nevus",)),
        Move("blue-nevus", ("flat-nevus-2",)),
    ]


def test_a_split_needs_two_names():
    assert meant("split", "blue-nevus", *part("one"), *part("")) == []


@pytest.mark.parametrize("child", [("blue-nevus", "3"), ("melanoma", "1"), ("nobody", "1")])
def test_a_member_goes_to_a_part_that_has_a_name(child: tuple[str, str]):
    fields = (*part("one"), *part("two"), ("child", child[0]), ("child-part", child[1]))
    with pytest.raises(RequestInvalid):
        meant("split", "melanocytic-nevus", *fields)
