"""Two people's edits stand in each other's way only where one would overwrite the other's."""

from __future__ import annotations

from typing import get_args

import pytest

from kg_service.core.change import Change, Move, Rename, SetLabels, SetProfile
from kg_service.core.content import Content
from kg_service.core.facets import overwritten

from ..mini import mini
from .test_change import BROAD, EVERY_KIND, start


def test_every_kind_of_change_says_what_it_overwrites():
    found = overwritten((*EVERY_KIND, *BROAD), Content.of(start()))
    assert {type(change) for change in (*EVERY_KIND, *BROAD)} == set(get_args(Change))
    assert len(found) >= len(EVERY_KIND) - 1
    assert all(len(str(facet)) > 10 for facet in found)


@pytest.mark.parametrize(
    ("mine", "theirs", "clash"),
    [
        (SetLabels("melanoma", ("a",)), SetLabels("melanoma", ("b",)), True),
        (SetLabels("melanoma", ("a",)), Move("melanoma", ("neoplasm",)), False),
        (SetProfile("melanoma", ()), SetLabels("melanoma", ("b",)), False),
        (SetLabels("melanoma", ("a",)), SetLabels("psoriasis", ("b",)), False),
        (Rename("melanoma", "x"), Rename("melanoma", "y"), True),
        (BROAD[1], SetLabels("nodular-melanoma", ("knotty",)), True),
    ],
)
def test_an_edit_clashes_where_it_would_be_overwritten(mine: Change, theirs: Change, clash: bool):
    before = Content.of(mini())
    after = theirs.apply(before)
    assert (overwritten([mine], before) != overwritten([mine], after)) is clash
