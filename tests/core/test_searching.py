"""Searching long texts finds what looking at every label would, in the same order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg_service.core.fold import basic, fold
from kg_service.core.knowledge import Knowledge

from ..mini import mini

KNOW = mini()
LETTERS = st.text(alphabet="abcdeilmnoprstuvMS -'é", max_size=12)


def one_by_one(know: Knowledge, query: str, limit: int) -> list[tuple[str, str]]:
    """The rule of `LabelIndex.search`, label by label."""

    def place(form: str, wanted: str) -> int | None:
        if form == wanted:
            return 1
        if form.startswith(wanted):
            return 2
        if f" {wanted}" in form:
            return 3
        return 4 if wanted in form and len(wanted) > 2 else None

    wanted, loose = fold(query), basic(query)
    best: dict[str, tuple[int, int, str]] = {}
    for concept in know.concepts.values() if wanted else ():
        for label in (concept.pref_label, *concept.alt_labels, *concept.hidden_labels, *concept.ambiguous_labels):
            rank = place(fold(label), wanted) or place(basic(label), loose)
            if rank is not None:
                key = (rank, len(fold(label)), label)
                best[concept.id] = min(best.get(concept.id, key), key)
    ranked = sorted(best.items(), key=lambda pair: (pair[1], pair[0]))
    return [(id_, key[2]) for id_, key in ranked[:limit]]


@given(LETTERS, st.integers(1, 8))
def test_it_finds_what_looking_at_every_label_finds(query: str, limit: int):
    assert KNOW.search(query, limit) == one_by_one(KNOW, query, limit)


@given(
    st.sampled_from(sorted({label for c in KNOW.concepts.values() for label in (c.pref_label, *c.alt_labels)})),
    st.integers(1, 20),
    st.integers(1, 8),
)
def test_it_finds_beginnings_of_names_as_looking_at_every_label_does(label: str, letters: int, limit: int):
    assert KNOW.search(label[:letters], limit) == one_by_one(KNOW, label[:letters], limit)


def test_words_in_another_order_and_only_begun_are_found():
    assert KNOW.labels.search_words("melan superf spread")[0][0] == "superficial-spreading-melanoma"
    assert KNOW.labels.search_words("melanoma xyz") == []
    assert KNOW.labels.search_words("") == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("melanomma", "melanoma"), ("mealnoma", "melanoma"), ("seboreic keratosis", "seborrheic keratosis")],
)
def test_a_misspelt_query_is_read_as_the_nearest_known_words(typed: str, meant: str):
    assert KNOW.labels.respelt(typed)[0] == meant


def test_a_word_that_is_misspelt_and_not_yet_finished_is_read_too():
    assert "superficial" in KNOW.labels.respelt("superfy")[0]


@pytest.mark.parametrize("typed", ["melanoma", "", "xyzzyxyzzy", "mela"])
def test_a_query_without_a_slip_is_not_read_otherwise(typed: str):
    assert KNOW.labels.respelt(typed) == ()
