"""The hierarchy on random graphs, checked against networkx, and on broken input."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg_service.core import taxonomy as taxonomy_module
from kg_service.core.errors import CycleFound, KnowledgeInvalid, UnknownConcept
from kg_service.core.taxonomy import Taxonomy


@st.composite
def dags(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    """Random multi-parent hierarchies; a concept's parents come before it in a hidden order."""
    size = draw(st.integers(1, 14))
    names = draw(st.permutations([f"c{number:02}" for number in range(size)]))
    parents: dict[str, tuple[str, ...]] = {}
    for place, name in enumerate(names):
        above = draw(st.lists(st.sampled_from(names[:place]), unique=True, max_size=3)) if place else []
        parents[name] = tuple(above)
    return parents


def as_graph(parents: dict[str, tuple[str, ...]]) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from(parents)
    graph.add_edges_from((parent, child) for child, above in parents.items() for parent in above)
    return graph


@given(dags())
def test_ancestors_and_descendants_are_those_of_networkx(parents):
    graph, taxonomy = as_graph(parents), Taxonomy(parents)
    for concept in parents:
        assert set(taxonomy.ancestors(concept)) == nx.ancestors(graph, concept)
        assert set(taxonomy.descendants(concept)) == nx.descendants(graph, concept)
        assert all(taxonomy.is_ancestor(above, concept) for above in taxonomy.ancestors(concept))
        assert not taxonomy.is_ancestor(concept, concept)


@given(dags())
def test_level_is_the_longest_path_and_grows_along_every_edge(parents):
    graph, taxonomy = as_graph(parents), Taxonomy(parents)
    for concept in parents:
        above = graph.subgraph(nx.ancestors(graph, concept) | {concept})
        assert taxonomy.level(concept) == 1 + nx.dag_longest_path_length(above)
    assert all(taxonomy.level(child) > taxonomy.level(parent) for parent, child in graph.edges)


@given(dags())
def test_meet_is_the_deepest_common_ancestor_by_either_index(parents):
    graph, taxonomy = as_graph(parents), Taxonomy(parents)
    pairs = [(a, b) for a in parents for b in parents]
    for a, b in pairs:
        common = (nx.ancestors(graph, a) | {a}) & (nx.ancestors(graph, b) | {b})
        deepest = max((taxonomy.level(concept) for concept in common), default=0)
        assert taxonomy.meet_level(a, b) == deepest
        assert set(taxonomy.meet(a, b)) == {concept for concept in common if taxonomy.level(concept) == deepest}
    rows = np.array([[taxonomy.row(a), taxonomy.row(b)] for a, b in pairs])
    dense = taxonomy._meet_table[rows[:, 0], rows[:, 1]]
    sparse = taxonomy._meet_levels_sparse(rows[:, 0], rows[:, 1])
    assert np.array_equal(dense, sparse)


@given(dags(), st.randoms(use_true_random=False))
def test_the_order_of_statements_changes_nothing(parents, random):
    shuffled = list(parents.items())
    random.shuffle(shuffled)
    one, two = Taxonomy(parents), Taxonomy(dict(shuffled))
    assert one.ids == two.ids
    assert np.array_equal(one.levels, two.levels)
    assert all(one.ancestors(concept) == two.ancestors(concept) for concept in parents)


@given(dags())
def test_the_lineage_follows_the_primary_parent_to_the_top(parents):
    taxonomy = Taxonomy(parents)
    for concept in parents:
        path = taxonomy.lineage(concept)
        assert path[-1] == concept
        assert not taxonomy.parents(path[0])
        assert all(taxonomy.parents(below)[0] == above for above, below in pairwise(path))


def test_a_second_parent_never_overwrites_the_first():
    taxonomy = Taxonomy({"a": (), "b": (), "child": ("b", "a")})
    assert taxonomy.parents("child") == ("b", "a")
    assert taxonomy.ancestors("child") == ("a", "b")
    assert taxonomy.children("a") == taxonomy.children("b") == ("child",)


def test_a_cycle_is_refused_and_its_concepts_are_named():
    with pytest.raises(CycleFound, match=r"a > b > a|b > a > b"):
        Taxonomy({"a": ("b",), "b": ("a",), "c": ()})


def test_a_parent_that_does_not_exist_is_named():
    with pytest.raises(KnowledgeInvalid, match="nobody"):
        Taxonomy({"a": ("nobody",)})


def test_an_unknown_id_is_an_error_that_names_it():
    with pytest.raises(UnknownConcept, match="melanomma"):
        Taxonomy({"melanoma": ()}).level("melanomma")


def test_a_hierarchy_above_the_dense_limit_answers_the_same(monkeypatch):
    parents = {"top": (), **{f"c{n}": (f"c{n // 3}" if n > 2 else "top",) for n in range(1, 400)}}
    small = Taxonomy(parents)
    rows = np.arange(len(small))
    expected = small.meet_levels(rows, rows[::-1])
    for _ in range(20):  # the table is built on the way
        assert np.array_equal(small.meet_levels(rows, rows[::-1]), expected)
    monkeypatch.setattr(taxonomy_module, "DENSE_LIMIT", 10)
    assert np.array_equal(Taxonomy(parents).meet_levels(rows, rows[::-1]), expected)


def test_no_concepts_at_all_is_an_empty_hierarchy():
    assert Taxonomy({}).ids == ()
