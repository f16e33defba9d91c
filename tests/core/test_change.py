"""The change vocabulary: applied, told in a sentence, and found again between two releases."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from kg_service.core.change import (
    Change,
    Content,
    Describe,
    Merge,
    Move,
    PutConcept,
    PutCrosswalk,
    PutDifferential,
    PutFeature,
    PutRetired,
    Remove,
    RemoveCrosswalk,
    RemoveDifferential,
    RemoveFeature,
    RemoveRetired,
    Rename,
    Retire,
    SetCondition,
    SetLabels,
    SetProfile,
    Split,
    apply_all,
    changes_between,
    is_light,
)
from kg_service.core.concept import (
    Concept,
    Condition,
    CrosswalkEntry,
    Differential,
    Feature,
    FeatureKind,
    Polarity,
    Retired,
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
    PutRetired(Retired("old-nevus", "old nevus", ("blue-nevus",), "merged")),
    RemoveRetired("older-nevus"),
)
# Said in one word by a person; a diff of two releases says what they do.
BROAD = (
    Retire("multiple-myeloma", (), "not of the skin"),
    Merge("nodular-melanoma", "superficial-spreading-melanoma"),
    Split("blue-nevus", (Concept("common-blue-nevus", "common blue"), Concept("cellular-blue-nevus", "cellular blue"))),
)


def start() -> Knowledge:
    content = Content.of(mini())
    content = PutFeature(Feature("no-longer-used", "halo", FeatureKind.COLOR)).apply(content)
    return PutRetired(Retired("older-nevus", "older nevus")).apply(content).knowledge()


def test_every_kind_of_change_applies_and_reads_as_a_sentence():
    edited = apply_all(EVERY_KIND, Content.of(start())).knowledge()
    assert {type(change) for change in (*EVERY_KIND, *BROAD)} == set(get_args(Change))
    assert edited.resolve("psoriasis").concept == edited.resolve("psoriasis vulgaris").concept == "psoriasis"
    assert edited.condition("malignant-neoplasm") is None
    assert edited.ddx.between("melanoma", "psoriasis") is None
    assert edited.resolve("BCC", dataset="isic2019").concept == "basal-cell-carcinoma"
    assert all(len(change.sentence()) > 10 for change in (*EVERY_KIND, *BROAD))


def test_the_changes_between_two_releases_turn_the_one_into_the_other():
    old = start()
    new = apply_all(EVERY_KIND, Content.of(old)).knowledge()
    found = changes_between(old, new)
    assert {type(change) for change in found} == {type(change) for change in EVERY_KIND}
    again = apply_all(found, Content.of(old)).knowledge()
    assert snapshot_of(again) == snapshot_of(new)
    assert changes_between(old, old) == ()


@pytest.mark.parametrize("change", BROAD, ids=lambda change: type(change).__name__)
def test_what_a_broad_change_did_is_found_again_in_plain_ones(change: Change):
    old = mini()
    new = change.apply(Content.of(old)).knowledge()
    again = apply_all(changes_between(old, new), Content.of(old)).knowledge()
    assert snapshot_of(again) == snapshot_of(new)


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


LIGHT = (
    SetLabels("blue-nevus", ("naevus caeruleus",)),
    SetLabels("basal-cell-carcinoma", ("BCC", "rodent ulcer", "basalioma")),
    SetLabels("basal-cell-carcinoma", ("bcc", "rodent ulcers")),
    Rename("bowen-disease", "Bowen disease"),
    Describe("psoriasis", "Thick silvery scale.", (), (), "", "unreviewed"),
)
GRAVE = (
    SetLabels("basal-cell-carcinoma", ("BCC",)),
    SetLabels("melanoma", ("malignant melanoma",), (), ()),
    Rename("bowen-disease", "squamous cell carcinoma in situ"),
    Describe("psoriasis", "Thick silvery scale.", (), (), "", "reviewed"),
    SetCondition("blue-nevus", Condition.MALIGNANT),
    Move("blue-nevus", ("neoplasm",)),
    Remove("multiple-myeloma"),
    *BROAD,
)


@pytest.mark.parametrize("change", LIGHT, ids=str)
def test_a_synonym_or_a_typo_is_light(change: Change):
    assert is_light(change, Content.of(mini()), mini())


@pytest.mark.parametrize("change", GRAVE, ids=str)
def test_what_moves_rewards_or_takes_something_away_is_not(change: Change):
    assert not is_light(change, Content.of(mini()), mini())
