"""The drawing of differentials: sixteen at most, none over another, nothing outside."""

from __future__ import annotations

from itertools import pairwise

import pytest

from kg_service.core.concept import Condition, Strength
from kg_service.web.drawing import DRAWN, End, draw


def ends(number: int, label: str = "a disease with quite a long name of its own") -> list[End]:
    return [End(f"{label} {n}", f"/n/{n}", Condition.BENIGN, Strength.STRONG) for n in range(number)]


@pytest.mark.parametrize("number", [0, 1, 2, 5, 16, 40])
def test_neighbours_are_drawn_in_their_order_up_to_sixteen(number: int):
    drawn = draw("melanoma", ends(number))
    assert [spoke.end for spoke in drawn.spokes] == ends(number)[:DRAWN]


@pytest.mark.parametrize("number", [1, 3, 16])
def test_no_name_stands_over_another_nor_outside(number: int):
    drawn = draw("melanoma", ends(number))
    for side in ("start", "end"):
        heights = [y for spoke in drawn.spokes if spoke.anchor == side for y, _ in spoke.text]
        assert heights == sorted(heights)
        assert all(below - above >= 15 for above, below in pairwise(heights))
    for spoke in drawn.spokes:
        assert all(0 < y < drawn.height for y, _ in spoke.text)
        assert 0 < spoke.text_x < drawn.width
        assert len(spoke.text) <= 2


def test_a_stronger_differential_has_a_heavier_line():
    weights = [draw("x", [End("y", "/", None, strength)]).spokes[0].weight for strength in Strength]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == 3


def test_a_name_without_spaces_is_drawn_all_the_same():
    assert draw("", ends(1, "x" * 90)).spokes[0].text
