"""The hierarchy: an acyclic graph of concepts with many parents, its levels and its meets.

networkx checks and orders the graph once; every question afterwards is answered from immutable arrays:
a closure (each concept's ancestors-or-self, concatenated) and, up to `DENSE_LIMIT` concepts, a table of meet levels.

Level follows the reward contract: 1 for a top concept, otherwise one more than the largest level among the parents
(the longest path), so it strictly grows along every path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain

import networkx as nx
import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import CycleFound, KnowledgeInvalid, UnknownConcept

Ints = NDArray[np.int32]

# The dense table costs n*n bytes: 225 MB at this size. Above it, meets are computed from the closure.
DENSE_LIMIT = 15_000
# Building the table takes as long as finding some tens of meets for each concept without it.
_TABLE_AFTER = 16


class Taxonomy:
    """The hierarchy over concept ids.

    Args:
        parents: for each concept id its parents, the primary one first; a top concept has none.

    Raises:
        KnowledgeInvalid: a parent is not itself a concept, or is named twice.
        CycleFound: a concept is its own ancestor.
    """

    def __init__(self, parents: Mapping[str, Sequence[str]]) -> None:
        self._parents = {concept: tuple(parents[concept]) for concept in sorted(parents)}
        self._check_parents()
        # Edges point from parent to child, so that parents come in an earlier generation.
        graph = nx.DiGraph()
        graph.add_nodes_from(self._parents)
        graph.add_edges_from((parent, child) for child, above in self._parents.items() for parent in above)
        try:
            # A generation holds the concepts whose longest path from the top is equally long: a level.
            generations = list(nx.topological_generations(graph))
        except nx.NetworkXUnfeasible:
            cycle = [edge[0] for edge in nx.find_cycle(graph)]
            path = " > ".join([*cycle, cycle[0]])
            raise CycleFound(
                f"the hierarchy has a cycle: {path}. Remove one of these broader links.", (path,)
            ) from None

        self.ids: tuple[str, ...] = tuple(self._parents)
        self._row = {concept: row for row, concept in enumerate(self.ids)}
        children: dict[str, list[str]] = {concept: [] for concept in self.ids}
        for child, above in self._parents.items():
            for parent in above:
                children[parent].append(child)
        self._children = {concept: tuple(below) for concept, below in children.items()}

        level = {concept: depth for depth, alike in enumerate(generations, 1) for concept in alike}
        self._level = level
        self.levels: Ints = np.array([level[concept] for concept in self.ids], dtype=np.int32)
        self._build_closure(chain.from_iterable(generations))
        self._asked = 0

    def _check_parents(self) -> None:
        findings = [
            f"{concept} has the parent {parent}, which is not a concept"
            for concept, above in self._parents.items()
            for parent in above
            if parent not in self._parents
        ]
        findings += [
            f"{concept} names a parent twice"
            for concept, above in self._parents.items()
            if len(set(above)) < len(above)
        ]
        if findings:
            raise KnowledgeInvalid("the hierarchy has broken broader links:", tuple(findings))

    def _build_closure(self, order: Iterable[str]) -> None:
        """CSR arrays: row r's ancestors-or-self are `_closure[_start[r]:_start[r + 1]]`, ascending."""
        above: list[list[int]] = [[]] * len(self.ids)
        for concept in order:
            row = self._row[concept]
            above[row] = sorted({row, *chain.from_iterable(above[self._row[p]] for p in self._parents[concept])})
        self._start = np.zeros(len(self.ids) + 1, np.int64)
        np.cumsum([len(rows) for rows in above], out=self._start[1:])
        self._closure: Ints = np.fromiter(chain.from_iterable(above), np.int32, int(self._start[-1]))

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, concept: object) -> bool:
        return concept in self._row

    # -- one concept ---------------------------------------------------------------------------------------------

    def row(self, concept: str) -> int:
        """Index of a concept in every array of this taxonomy.

        Raises:
            UnknownConcept: no concept has this id.
        """
        try:
            return self._row[concept]
        except KeyError:
            raise UnknownConcept(f"no concept has the id {concept!r}; search for it by name") from None

    def level(self, concept: str) -> int:
        self.row(concept)
        return self._level[concept]

    def parents(self, concept: str) -> tuple[str, ...]:
        """The parents, the primary one first."""
        self.row(concept)
        return self._parents[concept]

    @cached_property
    def tops(self) -> tuple[str, ...]:
        """The concepts that nothing stands above, sorted by id."""
        return tuple(concept for concept, above in self._parents.items() if not above)

    def children(self, concept: str) -> tuple[str, ...]:
        self.row(concept)
        return self._children[concept]

    def ancestors(self, concept: str) -> tuple[str, ...]:
        """The proper ancestors, ordered by (level, id): the top concepts first."""
        row = self.row(concept)
        return self._named(r for r in self._ancestors_or_self(row) if r != row)

    def descendants(self, concept: str) -> tuple[str, ...]:
        """The proper descendants, ordered by (level, id)."""
        row = self.row(concept)
        return self._named(r for r in self._descendants_or_self(row) if r != row)

    def lineage(self, concept: str) -> tuple[str, ...]:
        """The primary path from a top concept down to the concept itself."""
        path = [concept]
        while above := self.parents(path[-1]):
            path.append(above[0])
        return tuple(reversed(path))

    def leaves(self, concept: str) -> tuple[str, ...]:
        """The leaf concepts below, or the concept itself where it is a leaf."""
        rows = self._descendants_or_self(self.row(concept))
        return self._named(r for r in rows if not self._children[self.ids[r]])

    def count_leaves(self, concept: str) -> int:
        """How many leaves there are below, 1 for a leaf itself."""
        return int(self._leaf_counts[self.row(concept)])

    def is_leaf(self, concept: str) -> bool:
        return not self.children(concept)

    def is_ancestor(self, above: str, below: str) -> bool:
        """Whether `above` is a proper ancestor of `below`."""
        if self.level(above) >= self.level(below):
            return False
        return self._row[above] in self._ancestors_or_self(self._row[below])

    def upward(self, concepts: Iterable[str]) -> set[str]:
        """Some concepts and everything above them."""
        return _reached(concepts, self._parents)

    def downward(self, concepts: Iterable[str]) -> set[str]:
        """Some concepts and everything below them."""
        return _reached(concepts, self._children)

    def paths(self, concepts: Sequence[str]) -> tuple[NDArray[np.int64], Ints]:
        """Every pair of one of some concepts and itself or an ancestor: places in `concepts`, and rows, shape (n,)."""
        counts, _, above = self._expanded(np.array([self.row(concept) for concept in concepts], np.int64))
        return np.repeat(np.arange(len(concepts)), counts), above

    # -- two concepts --------------------------------------------------------------------------------------------

    def meet(self, a: str, b: str) -> tuple[str, ...]:
        """The deepest common ancestors-or-self: all of the largest level, sorted by id; empty where there are none."""
        common = np.intersect1d(self._ancestors_or_self(self.row(a)), self._ancestors_or_self(self.row(b)))
        if not common.size:
            return ()
        levels = self.levels[common]
        return tuple(self.ids[row] for row in common[levels == levels.max()])

    def meet_level(self, a: str, b: str) -> int:
        """Level of the meet, 0 where the two share no ancestor."""
        return int(self.meet_levels([self.row(a)], [self.row(b)])[0])

    def meet_levels(self, a: ArrayLike, b: ArrayLike) -> NDArray[np.integer]:
        """Levels of the meets of many pairs of rows.

        Args:
            a, b: integer rows (`row`), both of shape (n,).

        Returns:
            Levels of shape (n,), 0 where a pair shares no ancestor.
        """
        left, right = np.asarray(a, np.int64), np.asarray(b, np.int64)
        self._asked += left.size
        if len(self.ids) <= DENSE_LIMIT and self._asked > _TABLE_AFTER * len(self.ids):
            return self._meet_table[left, right]
        return self._meet_levels_sparse(left, right)

    @cached_property
    def _meet_table(self) -> NDArray[np.int8]:
        """Meet level of every pair, shape (n, n). Built once enough has been asked.

        Visiting the concepts by rising level and writing each one's level over all pairs of its
        descendants leaves the largest level in every cell.
        """
        table = np.zeros((len(self.ids), len(self.ids)), np.int8)
        for row in np.argsort(self.levels, kind="stable"):
            below = self._descendants_or_self(int(row))
            table[np.ix_(below, below)] = self.levels[row]
        table.flags.writeable = False
        return table

    def _meet_levels_sparse(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.integer]:
        levels = np.zeros(a.size, np.int32)
        chunk = 100_000  # bounds the expanded arrays to a few tens of MB
        for first in range(0, a.size, chunk):
            left, right = a[first : first + chunk], b[first : first + chunk]
            counts, offsets, candidates = self._expanded(left)
            shared = self._contains(np.repeat(right, counts), candidates)
            levels[first : first + chunk] = np.maximum.reduceat(np.where(shared, self.levels[candidates], 0), offsets)
        return levels

    # -- closure -------------------------------------------------------------------------------------------------

    def _expanded(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], Ints]:
        """Of each row how many ancestors-or-self it has, where they begin, and all of them one after the other."""
        counts = self._start[rows + 1] - self._start[rows]
        offsets = np.cumsum(counts) - counts
        take = np.arange(counts.sum()) - np.repeat(offsets, counts) + np.repeat(self._start[rows], counts)
        return counts, offsets, self._closure[take]

    @cached_property
    def _keys(self) -> NDArray[np.int64]:
        """(row, ancestor-or-self) pairs as single sorted integers, for membership by binary search."""
        rows = np.repeat(np.arange(len(self.ids), dtype=np.int64), np.diff(self._start))
        return rows * len(self.ids) + self._closure

    @cached_property
    def _leaf_counts(self) -> Ints:
        """Each row's number of leaves: every leaf adds one to all of its ancestors-or-self."""
        leaf = np.repeat([not self._children[concept] for concept in self.ids], np.diff(self._start))
        return np.bincount(self._closure[leaf], minlength=len(self.ids)).astype(np.int32)

    @cached_property
    def _below(self) -> tuple[NDArray[np.int64], Ints]:
        """The closure turned around: start offsets and descendants-or-self rows."""
        order = np.argsort(self._closure, kind="stable")
        rows = np.repeat(np.arange(len(self.ids), dtype=np.int32), np.diff(self._start))[order]
        start = np.searchsorted(self._closure[order], np.arange(len(self.ids) + 1))
        return start, rows

    def _contains(self, rows: NDArray[np.integer], ancestors: NDArray[np.integer]) -> NDArray[np.bool_]:
        wanted = rows.astype(np.int64) * len(self.ids) + ancestors
        found = np.searchsorted(self._keys, wanted)
        found[found == self._keys.size] = 0
        return self._keys[found] == wanted

    def _ancestors_or_self(self, row: int) -> Ints:
        return self._closure[self._start[row] : self._start[row + 1]]

    def _descendants_or_self(self, row: int) -> Ints:
        start, rows = self._below
        return rows[start[row] : start[row + 1]]

    def _named(self, rows: object) -> tuple[str, ...]:
        return tuple(self.ids[row] for row in sorted(rows, key=lambda r: (self.levels[r], r)))  # type: ignore[call-overload]


def _reached(starts: Iterable[str], links: Mapping[str, Sequence[str]]) -> set[str]:
    found = set(starts)
    waiting = list(found)
    while waiting:
        new = set(links[waiting.pop()]) - found
        found |= new
        waiting += new
    return found
