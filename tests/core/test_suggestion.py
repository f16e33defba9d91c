"""Suggestions rank by rules that a person can check, and never pretend to a measurement."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg_service.core.knowledge import Knowledge
from kg_service.core.spelling import Spelling, edits
from kg_service.core.suggestion import Adviser, Rule, Step

from ..mini import mini

ADVISER = Adviser(mini())


def first(text: str, dataset: str | None = None) -> tuple[str, str, str]:
    best = ADVISER.advise(text, dataset=dataset).suggestions[0]
    return best.concept, best.step.value, best.reason


@pytest.mark.parametrize(
    ("text", "concept", "step", "reason"),
    [
        ("melanomma", "melanoma", "strong", "the same letters as 'melanoma' but for one"),
        ("mealnoma", "melanoma", "strong", "the same letters as 'melanoma' but for one"),
        ("seborheic keratosys", "seborrheic-keratosis", "strong",
         "the same letters as 'seborrheic keratosis' but for two"),
        ("seboreic keratosis", "seborrheic-keratosis", "possible",
         "the same letters as 'seborrheic keratosis' but for two"),
        ("soriasis", "psoriasis", "possible", "the same letters as 'psoriasis' but for one"),
        ("superficial spreading", "superficial-spreading-melanoma", "possible",
         "part of the name 'superficial spreading melanoma'"),
        ("ulcerated melanoma", "melanoma", "possible", "the group's name 'melanoma' plus 'ulcerated'"),
        ("thick pigmented psoriasis of hand", "psoriasis", "weak",
         "the name 'psoriasis' plus 'thick', 'pigmented', 'of' and 'hand'"),
        ("ISD", "inflammatory-disease", "possible", "the first letters of 'inflammatory skin disease'"),
        ("red nevus cell", "melanocytic-nevus", "weak", "the group's name 'nevus' plus 'red' and 'cell'"),
    ],
)  # fmt: skip
def test_each_suggestion_says_why(text: str, concept: str, step: str, reason: str):
    assert first(text) == (concept, step, reason)


def test_an_ambiguous_label_offers_its_meanings_and_says_what_else_each_may_be():
    advice = ADVISER.advise("MM")
    assert advice.why == "it may mean melanoma or multiple myeloma"
    assert [(each.concept, each.step) for each in advice.suggestions] == [
        ("melanoma", Step.POSSIBLE),
        ("multiple-myeloma", Step.POSSIBLE),
    ]
    assert advice.suggestions[0].reason == "one meaning of 'MM', which may also be multiple myeloma"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no melanoma", "it says that something is absent or excluded"),
        ("melanoma?", "it says that something is only possible"),
        ("melanoma vs nevus", "it says that something is only possible"),
        ("psoriasis / melanoma", "it names several diseases"),
        ("--", "there is no word in it"),
        ("melanoma " * 30, "it is too long for a name"),
    ],
)
def test_a_text_that_denies_doubts_or_lists_gets_its_reason_and_no_suggestion(text: str, why: str):
    advice = ADVISER.advise(text)
    assert (advice.why, advice.suggestions) == (why, ())


def test_a_label_that_resolves_needs_no_suggestion():
    assert ADVISER.advise("nv", dataset="ham10000").suggestions == ()


@pytest.mark.parametrize("text", ["rodent", "spreading", "neoplasm of skin", "keratotic", "xyzzy", "tumor of the hand"])
def test_only_a_misspelling_is_strong(text: str):
    assert all(s.step is not Step.STRONG for s in ADVISER.advise(text).suggestions)


def test_the_opposite_of_a_word_is_no_misspelling_of_it():
    spelling = Spelling(["hypopigmentation", "microcystic", "keratosis"])
    assert spelling.near("hyperpigmentation") == {}
    assert spelling.near("macrocystic") == {}
    assert spelling.near("keratosys") == {"keratosis": 1}


def test_a_known_word_is_never_a_misspelling_of_another():
    assert Spelling(["keratosis", "keratitis"]).near("keratitis") == {}


def test_two_names_that_are_as_near_are_both_only_possible():
    found = Adviser(_two_alike()).advise("carbolosis").suggestions
    assert {(s.concept, s.step) for s in found} == {("a", Step.POSSIBLE), ("b", Step.POSSIBLE)}
    assert all(s.reason.endswith("another name is as near") for s in found)


def _two_alike() -> Knowledge:
    from kg_service.core.concept import Concept, Condition

    return Knowledge(
        [
            Concept("a", "carbonosis", condition=Condition.BENIGN),
            Concept("b", "carbomosis", condition=Condition.MALIGNANT),
        ]
    )


def test_misspellings_are_known_as_such():
    assert ADVISER.advise("melanomma").suggestions[0].rule is Rule.SPELLING


@pytest.mark.parametrize(
    ("a", "b", "most", "distance"),
    [("abc", "abc", 2, 0), ("abc", "acb", 2, 1), ("abc", "abcd", 2, 1), ("abc", "xyz", 2, 3), ("", "abcdef", 2, 3)],
)
def test_letters_are_counted_up_to_a_limit(a: str, b: str, most: int, distance: int):
    assert edits(a, b, most) == distance


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_the_distance_is_symmetric_and_zero_only_for_equals(a: str, b: str):
    assert edits(a, b, 6) == edits(b, a, 6)
    assert (edits(a, b, 6) == 0) == (a == b)


@settings(max_examples=200)
@given(st.text(max_size=60), st.sampled_from(["", "melanoma ", "basal cell ", "no "]))
def test_no_text_makes_it_fail_and_the_order_is_by_step(text: str, before: str):
    advice = ADVISER.advise(before + text)
    steps = [list(Step).index(each.step) for each in advice.suggestions]
    assert steps == sorted(steps)
    assert advice.why
    assert len({each.concept for each in advice.suggestions}) == len(advice.suggestions) <= 5
    assert not any("%" in each.reason.replace(text, "") for each in advice.suggestions)
