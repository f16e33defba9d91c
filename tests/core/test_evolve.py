"""Knowledge built from what stood before an edit is indistinguishable from knowledge built anew."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg_service.core.change import Change, Move, Rename, SetLabels, apply_all
from kg_service.core.concept import Concept, Condition, Retired
from kg_service.core.content import Content
from kg_service.core.errors import ConceptRetired, GoldUnresolved, KnowledgeInvalid, SkinR1Error, UnknownConcept
from kg_service.core.forms import names
from kg_service.core.knowledge import Knowledge
from kg_service.core.release import load_snapshot, snapshot_of

from ..edits import CHANGES, WORDS
from ..mini import CROSSWALK, mini


def texts(knowledge: Knowledge) -> list[str]:
    known = [label for c in knowledge.concepts.values() for label in (c.pref_label, *c.alt_labels, *c.ambiguous_labels)]
    told = dict.fromkeys([*WORDS, *known])
    return [form for word in told for form in (word, f"{word}s", word.upper(), word.replace(" ", ""), *reordered(word))]


def reordered(word: str) -> tuple[str, ...]:
    first, _, last = word.rpartition(" ")
    return (f"{last}, {first}", f"{word} (MM)", f"{word} / mole", f"spindle {word}") if first else ()


def answers(knowledge: Knowledge) -> dict[str, object]:
    """Everything one can ask."""
    ids = list(knowledge.concepts)
    asked = texts(knowledge)
    every = [(a, b) for a in ids for b in ids]
    return {
        "bytes": snapshot_of(knowledge),
        "retired": {id_: (gone, knowledge.successors(id_)) for id_, gone in knowledge.retired.items()},
        "resolve": [knowledge.resolve(text) for text in asked],
        "datasets": [
            (dataset, entry.label, knowledge.resolve(entry.label, dataset=dataset))
            for entry in CROSSWALK
            for dataset in knowledge.labels.datasets
        ],
        "bearers": [knowledge.labels.bearers(text) for text in asked],
        "search": [knowledge.search(text) for text in ("m", "nev", "basal", "neoplasm", "kaposi")],
        "suggest": [knowledge.suggest(text) for text in ("melanom", "nevuss", "carcinoma")],
        "mentions": knowledge.concept_mentions(" and ".join(WORDS)),
        "signs": knowledge.feature_mentions("scale, crust, jagged border and a pigment network"),
        "neighbours": [(knowledge.ddx.neighbours(id_), knowledge.ddx.distractors(id_)) for id_ in ids],
        "edges": [knowledge.ddx.between(a, b) for a, b in every],
        "places": [(knowledge.level(id_), knowledge.lineage(id_), knowledge.children(id_)) for id_ in ids],
        "above": [(knowledge.ancestors(id_), knowledge.descendants(id_)) for id_ in ids],
        "meets": [knowledge.meet(a, b) for a, b in every],
        "conditions": [knowledge.condition(id_) for id_ in ids],
        "profiles": [dict(knowledge.profile(id_)) for id_ in ids],
        "rows": knowledge.rows_of(asked).tolist(),
    }


def built(content: Content, previous: Knowledge | None) -> Knowledge | tuple[type, set[str]]:
    try:
        return content.knowledge(previous)
    except KnowledgeInvalid as error:
        return type(error), set(error.findings)


@settings(max_examples=60)
@given(st.lists(st.lists(CHANGES, min_size=1, max_size=3), min_size=1, max_size=6))
def test_knowledge_evolved_step_by_step_answers_and_refuses_like_knowledge_built_anew(steps: list[list[Change]]):
    content, evolved = Content.of(mini()), mini()
    for step in steps:
        try:
            edited = apply_all(step, content)
        except SkinR1Error:  # the change itself has nothing to work on
            continue
        anew, next_one = built(edited, None), built(edited, evolved)
        if isinstance(anew, Knowledge):
            assert isinstance(next_one, Knowledge)
            assert answers(next_one) == answers(anew)
            content, evolved = edited, next_one
        else:
            assert next_one == anew


@settings(max_examples=80)
@given(CHANGES)
def test_one_valid_edit_of_every_kind_is_answered_like_knowledge_built_anew(change: Change):
    before = mini()
    searched = answers(before)
    try:
        edited = change.apply(Content.of(before))
    except SkinR1Error:
        return
    anew = built(edited, None)
    if isinstance(anew, Knowledge):
        assert answers(edited.knowledge(before)) == answers(anew)
    else:
        assert built(edited, before) == anew
    assert answers(before) == searched


def test_what_an_edit_cannot_touch_is_shared():
    before = mini()
    after = Rename("psoriasis", "plaque psoriasis").apply(Content.of(before)).knowledge(before)
    assert after.taxonomy is before.taxonomy
    assert after.profile("melanoma") is before.profile("melanoma")
    moved = Move("blue-nevus", ("melanocytic-neoplasm",)).apply(Content.of(before)).knowledge(before)
    assert moved.taxonomy is not before.taxonomy
    assert moved.resolve("blue nevus of melanocytic neoplasm").reason == "unknown"


def test_an_edit_of_the_shipped_knowledge_leaves_every_other_name_as_it_was(shipped: Knowledge):
    content = Content.of(shipped)
    leaves = [concept for concept in shipped.concepts.values() if shipped.taxonomy.is_leaf(concept.id)]
    changes = [Rename(concept.id, f"{concept.pref_label} as we say") for concept in leaves[::400]]
    changes += [SetLabels(concept.id, ()) for concept in leaves[7::400]]
    edited = apply_all(changes, content)
    anew, evolved = edited.knowledge(), edited.knowledge(shipped)
    said = [label for knowledge in (shipped, anew) for c in knowledge.concepts.values() for label in names(c)]
    for text in said:
        for form in (text, f"{text}s", text.replace("-", " ").upper()):
            assert evolved.resolve(form) == anew.resolve(form)
    assert evolved.search("kerat", 500) == anew.search("kerat", 500)
    assert snapshot_of(evolved) == snapshot_of(anew)


def test_knowledge_of_quite_other_content_is_no_worse_a_start():
    content = Content.of(mini())
    other = Knowledge(
        [Concept("melanoma", "wart", (), Condition.NON_NEOPLASTIC), Concept("x", "x", (), Condition.BENIGN)]
    )
    assert answers(content.knowledge(other)) == answers(content.knowledge(Knowledge([]))) == answers(mini())


# -- retired ids -----------------------------------------------------------------------------------------------------


def with_retired(*retired: Retired, without: str = "") -> Knowledge:
    content = Content.of(mini())
    kept = {id_: concept for id_, concept in content.concepts.items() if id_ != without}
    return replace(content, concepts=kept, retired={gone.id: gone for gone in retired}).knowledge()


def test_a_retired_id_says_what_replaced_it_and_follows_replacements_to_concepts():
    knowledge = with_retired(
        Retired("reed-nevus", "Reed nevus", ("spindle-nevus", "blue-nevus")),
        Retired("spindle-nevus", "spindle cell nevus", ("junctional-nevus", "blue-nevus")),
        Retired("old-psoriasis", "psoriasis alba", ("psoriasis",)),
        Retired("ghost", "ghost disease"),
    )
    assert knowledge.successors("reed-nevus") == ("junctional-nevus", "blue-nevus")
    assert knowledge.successors("psoriasis") == ("psoriasis",)
    assert knowledge.successors("ghost") == ()
    with pytest.raises(ConceptRetired, match="junctional-nevus or blue-nevus") as caught:
        knowledge.concept("reed-nevus")
    assert caught.value.replaced_by == ("junctional-nevus", "blue-nevus")
    with pytest.raises(ConceptRetired, match="nothing replaces it"):
        knowledge.label("ghost")
    with pytest.raises(UnknownConcept):
        knowledge.successors("never-was")
    assert answers(load_snapshot(snapshot_of(knowledge))) == answers(knowledge)


def test_a_retired_gold_stands_for_its_one_successor_and_for_nothing_where_there_are_several():
    knowledge = with_retired(
        Retired("old-psoriasis", "psoriasis alba", ("psoriasis",)),
        Retired("reed-nevus", "Reed nevus", ("junctional-nevus", "blue-nevus")),
        Retired("ghost", "ghost disease"),
    )
    assert knowledge.gold("old-psoriasis") == knowledge.gold("old-psoriasis", dataset="ham10000") == "psoriasis"
    with pytest.raises(GoldUnresolved, match="junctional-nevus and blue-nevus"):
        knowledge.gold("reed-nevus")
    with pytest.raises(GoldUnresolved, match="nothing replaces it"):
        knowledge.gold("ghost")


def test_the_label_of_a_retired_concept_does_not_resolve_by_itself():
    knowledge = with_retired(Retired("old-psoriasis", "psoriasis alba", ("psoriasis",)))
    assert knowledge.resolve("psoriasis alba").reason == knowledge.resolve("old-psoriasis").reason == "unknown"


@pytest.mark.parametrize(
    ("retired", "said"),
    [
        ([Retired("melanoma", "melanoma")], "melanoma is retired, but is a concept"),
        ([Retired("a", "a", ("nobody",))], "neither a concept nor a retired id"),
        ([Retired("a", "a", ("psoriasis", "psoriasis"))], "names a replacement twice"),
        ([Retired("a", "a", ("b",)), Retired("b", "b", ("a",))], "in a circle: "),
        ([Retired("a", "a", ("a",))], "in a circle: a > a"),
    ],
)
def test_a_retired_id_that_leads_nowhere_or_is_in_use_is_refused(retired: list[Retired], said: str):
    with pytest.raises(KnowledgeInvalid, match=said):
        with_retired(*retired)
