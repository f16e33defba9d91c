"""What an edit does to rewards, and the graphs for graph people."""

from __future__ import annotations

from io import BytesIO

import networkx as nx

from kg_service.core.change import Content, Move, Remove, SetCondition, SetLabels, apply_all
from kg_service.core.concept import Condition
from kg_service.core.effect import reward_effect
from kg_service.core.graphs import differential_graph, hierarchy_graph
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import PAPER, score

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
    assert effect.sentences() == ("junctional-nevus: level 3 instead of 4, 2 answers earn more and 1 less",)


def test_a_condition_that_changes_is_told_for_the_disease_and_for_every_group_it_turns_mixed():
    effect = reward_effect(mini(), edited(SetCondition("blue-nevus", Condition.NON_NEOPLASTIC)))
    assert {gold.concept: gold.conditions[1] for gold in effect.golds} == {
        "blue-nevus": Condition.NON_NEOPLASTIC,
        "melanocytic-nevus": None,
    }
    assert "melanocytic-nevus: the condition that earns is mixed, before it was benign" in effect.sentences()


def test_a_label_that_leads_elsewhere_and_a_gold_that_is_gone_are_told():
    old = mini()
    effect = reward_effect(old, edited(SetLabels("basal-cell-carcinoma", ("BCC",)), Remove("multiple-myeloma")))
    assert effect.lost == ("multiple-myeloma",)
    told = "\n".join(effect.sentences())
    assert "multiple-myeloma can no longer be a gold" in told
    assert "the label 'rodent ulcer' names nothing, before basal-cell-carcinoma" in told


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
