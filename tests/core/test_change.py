"""The change vocabulary: applied, told in a sentence, and found again between two releases."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from kg_service.core.change import (
    Change,
    Content,
    Describe,
    Move,
    PutConcept,
    PutCrosswalk,
    PutDifferential,
    PutFeature,
    Remove,
    RemoveCrosswalk,
    RemoveDifferential,
    RemoveFeature,
    Rename,
    SetCondition,
    SetLabels,
    SetProfile,
    apply_all,
    changes_between,
)
from kg_service.core.concept import (
    Concept,
    Condition,
    CrosswalkEntry,
    Differential,
    Feature,
    FeatureKind,
    Polarity,
    Strength,
)
from kg_service.core.errors import CycleFound, KnowledgeInvalid, UnknownConcept
from kg_service.core.knowledge import Knowledge
from kg_service.core.release import snapshot_of

from ..mini import mini

EVERY_KIND = (
    PutConcept(Concept("lentigo-maligna", "lentigo maligna", ("melanocytic-neoplasm",), Condition.PRECANCEROUS)),
    Rename("psoriasis", "psoriasis vulgaris"),
    SetLabels("basal-cell-carcinoma", ("BCC", "basalioma"), ("rodent ulcer",)),
    Move("bowen-disease", ("malignant-neoplasm",)),
    SetCondition("melanoma", Condition.MALIGNANT),
    SetProfile("blue-nevus", (("milia-like-cysts", Polarity.ABSENT),)),
    Remove("multiple-myeloma"),
    PutDifferential(
        Differential("blue-nevus", "seborrheic-keratosis", Strength.WEAK, ("milia-like-cysts",), "", "unreviewed")
    ),
    RemoveDifferential("psoriasis", "melanoma"),
    PutCrosswalk(CrosswalkEntry("isic2019", "BCC", ("basal-cell-carcinoma",))),
    RemoveCrosswalk("ham10000", "nv"),
    Describe("psoriasis", "Thick silvery scale.", ("http://purl.obolibrary.org/obo/DOID_8893",), (), "", "reviewed"),
    PutFeature(Feature("crust", "crust", FeatureKind.SURFACE)),
    RemoveFeature("no-longer-used"),
)


def start() -> Knowledge:
    content = Content.of(mini())
    return PutFeature(Feature("no-longer-used", "halo", FeatureKind.COLOR)).apply(content).knowledge()


def test_every_kind_of_change_applies_and_reads_as_a_sentence():
    edited = apply_all(EVERY_KIND, Content.of(start())).knowledge()
    assert {type(change) for change in EVERY_KIND} == set(get_args(Change))
    assert edited.resolve("psoriasis").concept == edited.resolve("psoriasis vulgaris").concept == "psoriasis"
    assert edited.condition("malignant-neoplasm") is None
    assert edited.ddx.between("melanoma", "psoriasis") is None
    assert edited.resolve("BCC", dataset="isic2019").concept == "basal-cell-carcinoma"
    assert all(len(change.sentence()) > 10 for change in EVERY_KIND)


def test_the_changes_between_two_releases_turn_the_one_into_the_other():
    old = start()
    new = apply_all(EVERY_KIND, Content.of(old)).knowledge()
    found = changes_between(old, new)
    assert {type(change) for change in found} == {type(change) for change in EVERY_KIND}
    again = apply_all(found, Content.of(old)).knowledge()
    assert snapshot_of(again) == snapshot_of(new)
    assert changes_between(old, old) == ()


def test_a_change_leaves_the_release_it_started_from_as_it_was():
    old = mini()
    before = snapshot_of(old)
    apply_all(EVERY_KIND, Content.of(old))
    assert snapshot_of(old) == before


def test_two_moves_that_jointly_make_a_cycle_are_refused_though_each_alone_is_fine():
    content = Content.of(mini())
    one = Move("melanocytic-neoplasm", ("keratinocytic-neoplasm",))
    two = Move("keratinocytic-neoplasm", ("melanocytic-neoplasm",))
    one.apply(content).knowledge()
    two.apply(content).knowledge()
    with pytest.raises(CycleFound):
        apply_all([one, two], content).knowledge()


def test_a_concept_in_use_cannot_simply_vanish():
    with pytest.raises(KnowledgeInvalid, match="seborrheic-keratosis"):
        Remove("seborrheic-keratosis").apply(Content.of(mini())).knowledge()
    with pytest.raises(UnknownConcept):
        Rename("nobody", "x").apply(Content.of(mini()))


def test_a_leaf_without_a_condition_and_a_group_that_contradicts_its_members_are_refused():
    content = Content.of(mini())
    with pytest.raises(KnowledgeInvalid, match="blue-nevus has no condition"):
        SetCondition("blue-nevus", None).apply(content).knowledge()
    with pytest.raises(KnowledgeInvalid, match="melanocytic-neoplasm states"):
        SetCondition("melanocytic-neoplasm", Condition.BENIGN).apply(content).knowledge()
    bad = replace(content.concepts["melanoma"], profile=(("no-such-feature", Polarity.PRESENT),))
    with pytest.raises(KnowledgeInvalid, match="no-such-feature"):
        content.with_concept(bad).knowledge()
