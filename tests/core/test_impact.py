"""The dry run of an edit: every number is what an independent recount finds."""

from __future__ import annotations

import json
from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from kg_service.core.change import (
    Change,
    Describe,
    Merge,
    Move,
    PutConcept,
    PutCrosswalk,
    Remove,
    Rename,
    SetCondition,
    SetProfile,
    apply_all,
)
from kg_service.core.concept import Concept, Condition, CrosswalkEntry, Polarity
from kg_service.core.content import Content
from kg_service.core.errors import SkinR1Error
from kg_service.core.impact import impact
from kg_service.core.impacts import Impact, LevelImpact, PathImpact, RetiredImpact
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import PAPER, score

from ..edits import CHANGES, WORDS
from ..mini import CROSSWALK, mini, reply

# Every label has another number of images, so that no wrong sum comes out right.
IMAGES = {(dataset, label): 3**n for n, (dataset, label) in enumerate(
    [("isic2019", word) for word in WORDS] + [(entry.dataset, entry.label) for entry in CROSSWALK])}  # fmt: skip


def edited(*changes: Change) -> Knowledge:
    return apply_all(changes, Content.of(mini())).knowledge()


def meant(knowledge: Knowledge, dataset: str, label: str) -> set[str]:
    found = knowledge.resolve(label, dataset=dataset)
    return {found.concept} if hasattr(found, "concept") else set(getattr(found, "concepts", ()))


def above(knowledge: Knowledge, concept: str) -> set[str]:
    parents = knowledge.concepts[concept].parents
    return {*parents, *(higher for parent in parents for higher in above(knowledge, parent))}


def rows(knowledge: Knowledge) -> dict[tuple[str, str], object]:
    """Every differential as both of its pages show it."""
    return {
        (edge.a, edge.b): (
            edge,
            *(n for n in knowledge.ddx.neighbours(edge.a) if n.concept == edge.b),
            *(n for n in knowledge.ddx.neighbours(edge.b) if n.concept == edge.a),
        )
        for edge in knowledge.differentials
    }


def recount(found: Impact, before: Knowledge, after: Knowledge, images: Mapping[tuple[str, str], int]) -> None:
    """Assert that everything `found` says is so, one concept and one label at a time, with no index of our own."""
    both = [concept for concept in before.concepts if concept in after.concepts]
    ancestors = {id_: (above(before, id_), above(after, id_)) for id_ in both}
    moved = {id_ for id_, (was, now) in ancestors.items() if was != now}
    levels = {id_: (before.level(id_), after.level(id_)) for id_ in both}
    assert {each.concept for each in found.paths} == {
        id_ for id_ in {*before.concepts, *after.concepts} if before.concepts.get(id_) != after.concepts.get(id_)
    }
    assert set(found.along) == {id_ for id_ in moved if before.concepts[id_].parents == after.concepts[id_].parents}
    assert {each.concept: (each.before, each.after) for each in found.levels} == {
        id_: (was, now) for id_, (was, now) in levels.items() if was != now
    }
    affected = {
        key
        for key in images
        if meant(before, *key) != meant(after, *key) or any(id_ in moved for id_ in meant(after, *key))
    }
    assert {(each.dataset, each.label) for each in found.images} == affected
    assert found.images_affected == sum(images[key] for key in affected)
    conditions = {id_: (before.condition(id_), after.condition(id_)) for id_ in both}
    assert {each.concept: (each.before, each.after) for each in found.conditions} == {
        id_: (was, now) for id_, (was, now) in conditions.items() if was is not now
    }
    for each in found.conditions:
        assert each.images == sum(count for key, count in images.items() if meant(before, *key) == {each.concept})
    old, new = rows(before), rows(after)
    assert {(each.a, each.b) for each in found.differentials} == {
        ends for ends in {*old, *new} if old.get(ends) != new.get(ends)
    }
    assert {each.concept for each in found.retired} == {
        id_ for id_, gone in after.retired.items() if before.retired.get(id_) != gone
    }


@settings(max_examples=100)
@given(st.lists(CHANGES, min_size=1, max_size=6))
def test_whatever_is_edited_every_number_is_that_of_a_recount(changes: list[Change]):
    before, content = mini(), Content.of(mini())
    for change in changes:
        try:
            next_one = change.apply(content)
            next_one.knowledge()
        except SkinR1Error:
            continue
        content = next_one
    after = content.knowledge(before)
    for one, other in ((before, after), (after, before)):
        found = impact(one, other, IMAGES)
        recount(found, one, other, IMAGES)
        assert json.loads(json.dumps(found.as_dict()))["pairs"] == found.pairs


def test_a_move_in_the_shipped_knowledge_has_the_impact_that_a_recount_finds(shipped: Knowledge):
    group = max(
        (c for c in shipped.concepts if 20 < len(shipped.descendants(c)) < 60 and len(shipped.children(c)) > 1),
        key=lambda c: len(shipped.descendants(c)),
    )
    moved = shipped.children(group)[0]
    above_it = tuple(p for p in shipped.taxonomy.parents(group) if not shipped.is_ancestor(moved, p))
    after = Move(moved, above_it).apply(Content.of(shipped)).knowledge(shipped)
    images = {(entry.dataset, entry.label): 1 + n for n, entry in enumerate(shipped.crosswalk)}
    images |= {("elsewhere", concept.pref_label): 2 for concept in shipped.concepts.values()}
    found = impact(shipped, after, images)
    assert found.pairs
    assert found.levels
    assert found.images
    recount(found, shipped, after, images)


def test_a_move_tells_the_paths_who_moves_along_and_the_images_that_stand_elsewhere():
    found = impact(
        mini(), edited(Move("melanocytic-nevus", ("neoplasm",))), {("ham10000", "nv"): 6705, ("x", "wart"): 5}
    )
    assert found.paths == (
        PathImpact(
            "melanocytic-nevus",
            (("neoplasm", "melanocytic-neoplasm", "melanocytic-nevus"),),
            (("neoplasm", "melanocytic-nevus"),),
        ),
    )
    assert found.along == ("blue-nevus", "junctional-nevus")
    assert found.levels[0] == LevelImpact("blue-nevus", 4, 3)
    assert [(each.label, each.images, each.before, each.after) for each in found.images] == [
        ("nv", 6705, ("melanocytic-nevus",), ("melanocytic-nevus",))
    ]
    assert "6705 images of ham10000 keep their diagnosis, but it stands elsewhere" in found.sentences()
    assert "2 concepts moved along: blue-nevus, junctional-nevus" in found.sentences()


def test_the_largest_reward_change_is_one_that_an_answer_really_earns():
    before, after = mini(), edited(Move("junctional-nevus", ("melanocytic-neoplasm",)))
    [gold] = impact(before, after, {}).golds
    paid = [
        [score(reply(answer, "benign"), gold.concept, state, PAPER).granularity for answer in before.concepts]
        for state in (before, after)
    ]
    changes = [now - was for was, now in zip(*paid, strict=True)]
    assert gold.largest == round(min(changes, key=lambda change: (-abs(change), change)), 6) < 0
    assert (gold.more, gold.less) == (sum(c > 1e-9 for c in changes), sum(c < -1e-9 for c in changes))


def test_a_benign_concept_that_turns_malignant_is_grave_and_comes_first():
    found = impact(
        mini(),
        edited(SetCondition("blue-nevus", Condition.MALIGNANT), Rename("psoriasis", "psoriasis vulgaris")),
        {("derm7pt", "blue nevus"): 28},
    )
    assert found.grave
    assert found.sentences()[:2] == (
        "GRAVE: blue-nevus becomes malignant, before it was benign (28 images)",
        "melanocytic-nevus becomes mixed, before it was benign; its members no longer agree",
    )
    assert [(each.concept, each.stated, each.conflict) for each in found.conditions] == [
        ("blue-nevus", True, False),
        ("melanocytic-nevus", False, True),
    ]


def test_images_that_would_be_filed_under_a_harmless_disease_are_grave():
    after = edited(PutCrosswalk(CrosswalkEntry("isic2019", "melanoma", ("blue-nevus",))))
    found = impact(mini(), after, {("isic2019", "melanoma"): 4522})
    assert found.grave
    assert found.sentences()[0] == (
        "GRAVE: the 4522 images labelled 'melanoma' in isic2019 mean blue-nevus, before melanoma"
    )


def test_warnings_consequences_and_places_are_all_that_is_told():
    found = impact(mini(), edited(SetCondition("blue-nevus", Condition.MALIGNANT), Remove("multiple-myeloma")), IMAGES)
    words = {sentence.removeprefix("GRAVE: ") for sentence in found.sentences()}
    assert {*found.warnings(), *found.consequences()} <= words
    assert found.warnings()[0] == "multiple-myeloma is gone: no image can have it as its diagnosis any more"
    assert [each.concept for each in found.moved] == ["multiple-myeloma"]
    assert {each.concept for each in found.conflicts} == {each.concept for each in found.conditions if not each.after}


def test_a_profile_that_changes_touches_the_differentials_of_what_inherits_it():
    content = Content.of(mini())
    seen = (("pigment-network", Polarity.PRESENT), ("milia-like-cysts", Polarity.ABSENT))
    stated = SetProfile("superficial-spreading-melanoma", (*seen, ("irregular-border", Polarity.PRESENT)))
    found = impact(mini(), stated.apply(content).knowledge(), {})
    assert [(each.a, each.b, each.how) for each in found.differentials] == [
        ("junctional-nevus", "superficial-spreading-melanoma", "contrasts")
    ]
    inherited = SetProfile("melanoma", (("irregular-border", Polarity.PRESENT), ("scale", Polarity.ABSENT)))
    again = impact(mini(), inherited.apply(content).knowledge(), {})
    assert again.differentials == found.differentials


def test_a_merge_names_the_retired_concept_and_what_stands_for_it():
    found = impact(mini(), edited(Merge("blue-nevus", "junctional-nevus")), {("derm7pt", "blue nevus"): 28})
    assert found.retired == (RetiredImpact("blue-nevus", ("junctional-nevus",)),)
    assert (found.lost, found.replaced) == ((), (("blue-nevus", "junctional-nevus"),))
    assert found.images_affected == 28
    assert "blue-nevus is retired; junctional-nevus stands for it" in found.sentences()


def test_a_concept_that_goes_without_a_successor_is_told_first():
    found = impact(mini(), edited(Remove("multiple-myeloma")), {("x", "multiple myeloma"): 1})
    assert found.sentences()[0] == "multiple-myeloma is gone: no image can have it as its diagnosis any more"
    assert found.paths[0].after == ()


def test_a_new_definition_has_no_impact_and_a_new_concept_only_its_place():
    described = Describe("psoriasis", "Thick scale.", (), (), "", "reviewed")
    assert impact(mini(), edited(described), IMAGES).sentences() == ()
    wart = Concept("wart", "wart", ("keratinocytic-neoplasm",), Condition.BENIGN)
    found = impact(mini(), edited(PutConcept(wart)), {("x", "wart"): 7})
    assert found.paths == (PathImpact("wart", (), (("neoplasm", "keratinocytic-neoplasm", "wart"),)),)
    assert found.images_affected == 7


def test_of_very_many_sentences_of_a_kind_the_first_are_told_and_the_others_counted():
    warts = [Concept(f"wart-{n:02}", f"wart number {n}", ("neoplasm",), Condition.BENIGN) for n in range(60)]
    told = impact(mini(), edited(*map(PutConcept, warts)), {}).sentences()
    assert told[0] == "wart-00 stands at neoplasm > wart-00, before at no place"
    assert told[20:] == ("and 40 more of this kind",)


def test_knowledge_that_differs_in_its_release_id_alone_has_no_impact():
    found = impact(mini(), Content.of(mini()).knowledge(), IMAGES)
    assert found.sentences() == ()
    assert not found.images
