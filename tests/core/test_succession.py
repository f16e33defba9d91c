"""Retire, merge, split: nothing that was said of a concept is lost in silence, and its id leads on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kg_service.core.change import Merge, Move, PutConcept, PutDifferential, Retire, SetLabels, Split, apply_all
from kg_service.core.concept import Concept, CrosswalkEntry, Differential, Polarity, Strength
from kg_service.core.content import Content
from kg_service.core.errors import ConceptRetired, CycleFound, GoldUnresolved, KnowledgeInvalid, UnknownConcept
from kg_service.core.knowledge import Knowledge
from kg_service.core.labels import Ambiguous

from ..mini import mini


def after(*changes) -> Knowledge:
    return apply_all(changes, Content.of(mini())).knowledge()


def test_a_retired_concept_leaves_its_id_and_what_replaces_it():
    made = after(Retire("nodular-melanoma", ("melanoma",), "too fine for photographs"))
    assert "nodular-melanoma" not in made.concepts
    assert made.retired["nodular-melanoma"].note == "too fine for photographs"
    with pytest.raises(ConceptRetired, match="melanoma") as refused:
        made.concept("nodular-melanoma")
    assert refused.value.replaced_by == ("melanoma",)
    assert made.gold("nodular-melanoma") == "melanoma"


def test_a_gold_that_became_two_concepts_is_no_gold():
    made = after(Split("blue-nevus", (Concept("a-nevus", "nevus a"), Concept("b-nevus", "nevus b"))))
    with pytest.raises(GoldUnresolved, match="a-nevus"):
        made.gold("blue-nevus")


def test_retiring_takes_the_differentials_along_and_turns_dataset_labels_to_the_replacement():
    made = after(Retire("psoriasis", ("inflammatory-disease",)), *_keep_inflammation())
    assert made.ddx.between("melanoma", "psoriasis") is None
    assert after(Retire("blue-nevus", ("melanocytic-nevus",))).resolve(
        "reed or spitz nevus", dataset="derm7pt"
    ).concepts == ("melanocytic-nevus", "junctional-nevus")


def _keep_inflammation():
    return (PutConcept(Concept("eczema", "eczema", ("inflammatory-disease",), mini().concepts["psoriasis"].condition)),)


def test_retiring_a_group_with_members_is_refused():
    with pytest.raises(KnowledgeInvalid, match="melanoma"):
        after(Retire("melanoma"))


def test_an_id_cannot_be_replaced_by_nobody_known():
    with pytest.raises(KnowledgeInvalid, match="atlantis"):
        after(Retire("nodular-melanoma", ("atlantis",)))


def test_merging_moves_names_children_signs_labels_and_differentials():
    made = after(Merge("superficial-spreading-melanoma", "nodular-melanoma"))
    assert made.resolve("SSM").concept == "nodular-melanoma"
    assert made.resolve("superficial spreading melanoma").concept == "nodular-melanoma"
    assert {n.concept for n in made.ddx.neighbours("nodular-melanoma")} == {"junctional-nevus", "seborrheic-keratosis"}
    assert made.profile("nodular-melanoma")["pigment-network"] == "present"
    assert made.gold("superficial-spreading-melanoma") == "nodular-melanoma"


def test_merging_a_group_into_its_parent_lifts_its_members():
    made = after(Merge("melanocytic-nevus", "melanocytic-neoplasm"))
    assert made.concept("blue-nevus").parents == ("melanocytic-neoplasm",)
    assert made.resolve("nv", dataset="ham10000").concept == "melanocytic-neoplasm"


def test_what_the_other_states_itself_stays():
    stated = replace(mini().concepts["blue-nevus"], profile=(("irregular-border", Polarity.VARIABLE),))
    merged = Merge("junctional-nevus", "blue-nevus").apply(Content.of(mini()).with_concept(stated))
    assert dict(merged.concepts["blue-nevus"].profile)["irregular-border"] == "variable"


def test_merging_into_oneself_or_into_nobody_is_refused():
    with pytest.raises(UnknownConcept):
        after(Merge("blue-nevus", "atlantis"))
    with pytest.raises(KnowledgeInvalid, match="blue-nevus cannot be merged into itself"):
        after(Merge("blue-nevus", "blue-nevus"))


def test_a_member_that_takes_its_group_in_stays_beneath_what_the_group_stood_beneath():
    also = Move("blue-nevus", ("melanocytic-nevus", "neoplasm"))
    made = after(also, Move("junctional-nevus", ("melanocytic-neoplasm",)), Merge("melanocytic-nevus", "blue-nevus"))
    assert made.concept("blue-nevus").parents == ("melanocytic-neoplasm", "neoplasm")


def test_merging_a_group_into_a_distant_member_is_refused_as_a_cycle():
    with pytest.raises(CycleFound):
        after(Merge("melanocytic-neoplasm", "blue-nevus"))


def test_parts_of_a_split_inherit_what_they_do_not_state_and_share_the_old_names():
    parts = (Concept("ssm-a", "melanoma a"), Concept("ssm-b", "melanoma b", alt_labels=("b melanoma",)))
    made = after(Split("superficial-spreading-melanoma", parts))
    assert made.concept("ssm-a").parents == ("melanoma",)
    assert made.condition("ssm-b") == "malignant"
    assert {n.concept for n in made.ddx.neighbours("ssm-b")} == {"junctional-nevus", "seborrheic-keratosis"}
    assert made.resolve("SSM") == Ambiguous(("ssm-a", "ssm-b"), made.resolve("SSM").how, "SSM")


def test_a_split_never_overwrites_a_concept_that_is_there():
    parts = (Concept("melanoma-a", "melanoma a"), Concept("psoriasis", "another psoriasis"))
    with pytest.raises(KnowledgeInvalid, match="psoriasis is a concept already"):
        after(Split("superficial-spreading-melanoma", parts))


def test_names_that_were_shared_before_a_split_are_shared_by_its_parts():
    stated = SetLabels("superficial-spreading-melanoma", ("SSM",), ambiguous=("flat melanoma",))
    made = after(
        stated,
        SetLabels("nodular-melanoma", (), ambiguous=("flat melanoma",)),
        Split("superficial-spreading-melanoma", (Concept("ssm-a", "melanoma a"), Concept("ssm-b", "melanoma b"))),
    )
    assert made.labels.bearers("flat melanoma") == ("nodular-melanoma", "ssm-a", "ssm-b")


def test_the_children_of_a_split_group_can_be_put_right_in_the_same_proposal():
    parts = (Concept("nevus-a", "nevus group a"), Concept("nevus-b", "nevus group b"))
    made = after(Split("melanocytic-nevus", parts), Move("blue-nevus", ("nevus-b",)))
    assert made.children("nevus-a") == ("junctional-nevus",)
    assert made.children("nevus-b") == ("blue-nevus",)


def test_an_id_in_use_again_is_no_longer_retired():
    made = after(Retire("nodular-melanoma", ("melanoma",)), PutConcept(mini().concepts["nodular-melanoma"]))
    assert made.retired == {}


def test_a_differential_is_not_moved_onto_a_group_of_its_other_end():
    content = Content.of(mini())
    edge = Differential("basal-cell-carcinoma", "melanoma", Strength.WEAK, ("irregular-border",))
    content = PutDifferential(edge).apply(content)
    merged = Merge("basal-cell-carcinoma", "malignant-neoplasm").apply(content)
    assert not any("malignant-neoplasm" in (edge.a, edge.b) for edge in merged.differentials.values())


def test_a_label_that_means_several_keeps_the_others():
    content = Content.of(mini())
    made = Retire("junctional-nevus", ("blue-nevus",)).apply(content)
    assert made.crosswalk["derm7pt", "reed or spitz nevus"] == CrosswalkEntry(
        "derm7pt", "reed or spitz nevus", ("blue-nevus",)
    )
