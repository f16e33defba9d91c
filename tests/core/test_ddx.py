"""Differentials: symmetric, never between a concept and its ancestor, and the distractor rule's order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kg_service.core.concept import Differential, Strength
from kg_service.core.ddx import Via
from kg_service.core.errors import KnowledgeInvalid
from kg_service.core.knowledge import Knowledge

from ..mini import CONCEPTS, CROSSWALK, DIFFERENTIALS, FEATURES


def with_differential(edge: Differential) -> Knowledge:
    return Knowledge(CONCEPTS, FEATURES, (*DIFFERENTIALS, edge), CROSSWALK)


def test_a_differential_reads_the_same_from_both_ends_with_sides_swapped(knowledge):
    [there] = knowledge.ddx.neighbours("junctional-nevus")
    [back] = [n for n in knowledge.ddx.neighbours(there.concept) if n.concept == "junctional-nevus"]
    assert [(c.feature, c.here, c.there) for c in there.features] == [
        (c.feature, c.there, c.here) for c in back.features
    ]


def test_every_discriminating_feature_differs_between_the_two(knowledge):
    for concept in knowledge.concepts:
        for neighbour in knowledge.ddx.neighbours(concept):
            assert neighbour.features
            assert all(contrast.here is not contrast.there for contrast in neighbour.features)


@pytest.mark.parametrize(
    ("edge", "problem"),
    [
        (Differential("melanoma", "nodular-melanoma", Strength.WEAK, ("irregular-border",)), "its own ancestor"),
        (Differential("melanoma", "melanoma", Strength.WEAK, ("scale",)), "two different"),
        (Differential("psoriasis", "melanoma", Strength.WEAK, ("scale",)), "alphabetical"),
        (Differential("blue-nevus", "psoriasis", Strength.WEAK, ()), "no discriminating feature"),
        (Differential("blue-nevus", "psoriasis", Strength.WEAK, ("milia-like-cysts",)), "profile of blue-nevus"),
        (Differential("blue-nevus", "junctional-nevus", Strength.WEAK, ("irregular-border",)), "on both sides"),
        (Differential("blue-nevus", "nobody", Strength.WEAK, ("scale",)), "not a concept"),
        (DIFFERENTIALS[0], "stated twice"),
    ],
)
def test_a_differential_that_contradicts_the_knowledge_is_refused(edge, problem):
    with pytest.raises(KnowledgeInvalid, match=problem):
        with_differential(edge)


def test_distractors_come_from_the_first_rule_that_finds_any(knowledge):
    def found(concept):
        via, candidates = knowledge.ddx.distractors(concept)
        return via, candidates

    assert found("superficial-spreading-melanoma") == (
        Via.NEIGHBOUR,
        ("junctional-nevus", "seborrheic-keratosis"),
    )
    assert found("nodular-melanoma") == (Via.PARENT_NEIGHBOUR, ("psoriasis",))
    assert found("melanocytic-nevus") == (Via.CHILD_NEIGHBOUR, ("superficial-spreading-melanoma",))
    via, candidates = found("multiple-myeloma")
    assert via is Via.OTHER_BRANCH
    assert candidates == ("psoriasis",)


def test_a_distractor_is_never_the_concept_its_ancestor_or_its_descendant(knowledge):
    for concept in knowledge.concepts:
        _, candidates = knowledge.ddx.distractors(concept)
        own = {concept, *knowledge.ancestors(concept), *knowledge.descendants(concept)}
        assert candidates
        assert not own & set(candidates)


def test_a_profile_is_inherited_and_the_nearest_statement_wins(knowledge):
    profile = knowledge.profile("junctional-nevus")
    assert profile["irregular-border"].value == "absent"
    assert knowledge.profile("nodular-melanoma") == knowledge.profile("melanoma")
    changed = [replace(c, profile=(("irregular-border", c.profile[0][1]),)) if c.profile else c for c in CONCEPTS]
    assert changed  # the originals are frozen: replacing one never edits another
    assert knowledge.profile("superficial-spreading-melanoma")["scale"].value == "absent"
