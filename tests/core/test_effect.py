"""What an edit does to rewards, and the graphs for graph people."""

from __future__ import annotations

from io import BytesIO

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kg_service.core.change import Change, Merge, Move, Remove, SetCondition, SetLabels, apply_all
from kg_service.core.concept import Condition
from kg_service.core.content import Content
from kg_service.core.effect import GoldEffect, LabelEffect, RewardEffect, reward_effect
from kg_service.core.errors import SkinR1Error
from kg_service.core.graphs import differential_graph, hierarchy_graph
from kg_service.core.knowledge import Knowledge
from kg_service.core.labels import Resolved
from kg_service.core.reward import PAPER, score, score_rows

from ..edits import CHANGES
from ..mini import mini, reply


def edited(*changes) -> Knowledge:
    return apply_all(changes, Content.of(mini())).knowledge()


def test_a_release_pays_what_it_paid():
    effect = reward_effect(mini(), mini())
    assert (effect.golds, effect.labels, effect.lost, effect.pairs) == ((), (), (), 0)
    assert effect.sentences() == ()


def test_a_move_names_every_gold_whose_answers_earn_differently_and_counts_them_right():
    old, new = mini(), edited(Move("junctional-nevus", ("melanocytic-neoplasm",)))
    effect = reward_effect(old, new)
    [gold] = effect.golds
    assert (gold.concept, gold.levels) == ("junctional-nevus", (4, 3))
    answers = list(old.concepts)
    paid = [
        [score(reply(answer, "benign"), "junctional-nevus", knowledge, PAPER).granularity for answer in answers]
        for knowledge in (old, new)
    ]
    assert gold.more == sum(after > before for before, after in zip(*paid, strict=True)) == 2
    assert gold.less == sum(after < before for before, after in zip(*paid, strict=True)) == 1
    assert effect.sentences() == ("junctional-nevus: level 3 instead of 4, 2 answers score higher and 1 lower",)


def test_a_condition_that_changes_is_told_for_the_disease_and_for_every_group_it_turns_mixed():
    effect = reward_effect(mini(), edited(SetCondition("blue-nevus", Condition.NON_NEOPLASTIC)))
    assert {gold.concept: gold.conditions[1] for gold in effect.golds} == {
        "blue-nevus": Condition.NON_NEOPLASTIC,
        "melanocytic-nevus": None,
    }
    assert "melanocytic-nevus: the condition that scores is mixed, before it was benign" in effect.sentences()


def test_a_label_that_leads_elsewhere_and_a_gold_that_is_gone_are_told():
    old = mini()
    effect = reward_effect(old, edited(SetLabels("basal-cell-carcinoma", ("BCC",)), Remove("multiple-myeloma")))
    assert effect.lost == ("multiple-myeloma",)
    told = "\n".join(effect.sentences())
    assert "multiple-myeloma is gone: no image" in told
    assert "the label 'rodent ulcer' names nothing, before basal-cell-carcinoma" in told


def in_full(old: Knowledge, new: Knowledge) -> RewardEffect:
    """The effect by paying every answer for every gold and looking up every label, twice."""
    both = [concept for concept in old.concepts if concept in new.concepts]
    golds = []
    for gold in both:
        before, after = (
            score_rows(*(np.array([know.taxonomy.row(i) for i in ids]) for ids in (both, [gold] * len(both))), know)
            for know in (old, new)
        )
        changes = [round(float(change), 6) for change in after - before if abs(change) > 1e-3]
        conditions = (old.condition(gold), new.condition(gold))
        if changes or conditions[0] != conditions[1]:
            more = sum(change > 0 for change in changes)
            largest = min(changes, key=lambda change: (-abs(change), change), default=0.0)
            levels = (old.level(gold), new.level(gold))
            golds.append(GoldEffect(gold, levels, conditions, more, len(changes) - more, largest))
    asked = {(label, "") for c in old.concepts.values() for label in (c.pref_label, *c.alt_labels, *c.hidden_labels)}
    asked |= {(entry.label, entry.dataset) for entry in old.crosswalk}
    labels = []
    for label, dataset in sorted(asked):
        found = [knowledge.resolve(label, dataset=dataset or None) for knowledge in (old, new)]
        was, now = (
            (each.concept,) if isinstance(each, Resolved) else tuple(sorted(getattr(each, "concepts", ())))
            for each in found
        )
        if was != now:
            labels.append(LabelEffect(label, was, now, dataset))
    gone = {id_: new.successors(id_) if id_ in new.retired else () for id_ in old.concepts if id_ not in new.concepts}
    return RewardEffect(
        tuple(golds),
        tuple(labels),
        tuple(id_ for id_, now in gone.items() if len(now) != 1),
        tuple((id_, now[0]) for id_, now in gone.items() if len(now) == 1),
    )


@settings(max_examples=150)
@given(st.lists(CHANGES, min_size=1, max_size=6))
def test_looking_only_where_an_edit_can_matter_misses_no_effect(changes: list[Change]):
    old, content = mini(), Content.of(mini())
    for change in changes:  # those that are refused are left out, so that several can be in force
        try:
            edited = change.apply(content)
            edited.knowledge()
        except SkinR1Error:
            continue
        content = edited
    new = content.knowledge(old)
    assert reward_effect(old, new) == in_full(old, new)
    assert reward_effect(new, old) == in_full(new, old)


def test_a_move_in_the_shipped_knowledge_has_the_effect_that_a_full_count_finds(shipped: Knowledge):
    group = max(
        (c for c in shipped.concepts if 20 < len(shipped.descendants(c)) < 60 and len(shipped.children(c)) > 1),
        key=lambda c: len(shipped.descendants(c)),
    )
    moved = shipped.children(group)[0]
    above = tuple(p for p in shipped.taxonomy.parents(group) if not shipped.is_ancestor(moved, p)) or ()
    new = Move(moved, above).apply(Content.of(shipped)).knowledge(shipped)
    effect = reward_effect(shipped, new)
    assert effect.pairs > 0
    assert effect == in_full(shipped, new)


def test_a_gold_that_was_merged_into_another_stands_for_it():
    effect = reward_effect(mini(), edited(Merge("blue-nevus", "junctional-nevus")))
    assert (effect.lost, effect.replaced) == ((), (("blue-nevus", "junctional-nevus"),))
    assert "images of blue-nevus count as images of junctional-nevus from now on" in effect.sentences()


def test_the_hierarchy_as_a_graph_has_our_levels_and_the_differentials_their_features():
    knowledge = mini()
    tree, ddx = hierarchy_graph(knowledge), differential_graph(knowledge)
    levels = {
        concept: 1 + nx.dag_longest_path_length(tree.subgraph({concept, *nx.ancestors(tree, concept)}))
        for concept in tree
    }
    assert levels == {concept: knowledge.level(concept) for concept in knowledge.concepts}
    assert tree.nodes["melanoma"] == {"label": "melanoma", "level": 3, "condition": "malignant"}
    assert tree.nodes["neoplasm"]["condition"] == "mixed"
    assert {frozenset(edge) for edge in ddx.edges} == {frozenset((e.a, e.b)) for e in knowledge.differentials}
    for graph in (tree, ddx):
        written = BytesIO()
        nx.write_graphml(graph, written)
        assert nx.read_graphml(BytesIO(written.getvalue())).number_of_edges() == graph.number_of_edges()
