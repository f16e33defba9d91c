"""What a search offers, and the label that it says matched."""

from __future__ import annotations

import pytest

from kg_service.web.finding import find_concepts, find_features

from ..mini import mini

KNOW = mini()


@pytest.mark.parametrize(
    ("typed", "first", "matched", "near"),
    [
        ("melanoma", "melanoma", "", False),
        ("tumor", "neoplasm", "tumour", False),
        ("tumour", "neoplasm", "tumour", False),
        ("SSM", "superficial-spreading-melanoma", "SSM", False),
        ("melanoma spreading", "superficial-spreading-melanoma", "", False),
        ("melanomma", "melanoma", "", True),
        ("mélanoma", "melanoma", "", False),
    ],
)
def test_a_search_says_which_label_matched(typed: str, first: str, matched: str, near: bool):
    found = find_concepts(KNOW, typed, 12)[0]
    assert (found.id, found.matched, found.near) == (first, matched, near)


def test_nothing_is_found_twice_and_never_more_than_asked_for():
    for limit in (1, 3, 50):
        found = [each.id for each in find_concepts(KNOW, "m", limit)]
        assert len(found) == len(set(found)) <= limit


@pytest.mark.parametrize("typed", ["", "   ", "?", "zzzzzzzz"])
def test_what_means_nothing_finds_nothing(typed: str):
    assert find_concepts(KNOW, typed, 12) == []
    assert find_features(KNOW, typed, 12) == []


def test_signs_are_found_by_their_names():
    assert [each.id for each in find_features(KNOW, "Irregular  BORDER", 5)] == ["irregular-border"]
