"""Where rows are filed: parents found, cycles and contradictions of condition kept out, until all that is left fits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from heapq import nsmallest

import networkx as nx

from ..core.concept import Condition
from ..core.knowledge import Knowledge
from .matching import Matcher
from .row import Incoming


@dataclass(slots=True)
class Node:
    """A row that is a concept, or will be one; `parents` and `condition` are what `Filing` finds for it."""

    id: str
    existing: bool
    row: Incoming
    alt_labels: tuple[str, ...]
    hidden_labels: tuple[str, ...]
    parents: tuple[str, ...] = ()
    condition: Condition | None = None
    inherited: bool = False
    changed: bool = True

    @property
    def stated(self) -> Condition | None:
        return self.row.condition if isinstance(self.row.condition, Condition) else None


class Filing:
    """Settles which of some nodes can stand, given what is known already.

    Args:
        known: row key -> concept, for every row that is one, those left out too.
        keys: the keys of all rows.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        matcher: Matcher,
        nodes: Mapping[int, Node],
        known: Mapping[str, str],
        keys: set[str],
        under: str,
    ) -> None:
        self._knowledge = knowledge
        self._matcher = matcher
        self._nodes = dict(nodes)
        self._ids = {node.row.key: node.id for node in nodes.values()}
        self._known = known
        self._keys = keys
        self._under = under
        self._alive: dict[str, int] = {node.id: i for i, node in nodes.items()}
        self._findings: list[tuple[int, str, bool]] = []
        self._rivals: dict[str, set[str]] = {}
        for edge in knowledge.differentials:
            self._rivals.setdefault(edge.a, set()).add(edge.b)
            self._rivals.setdefault(edge.b, set()).add(edge.a)

    def settle(self) -> list[tuple[int, str, bool]]:
        """The findings: (row, sentence, whether the row is left out). The nodes that remain are complete."""
        for i in list(self._nodes):
            self._find_parents(i)
        self._drop_cycles()
        while self._drop_unfit():
            pass
        for i, node in self._nodes.items():
            lost = [parent for parent in node.parents if node.existing and not self._stands(parent)]
            node.parents = tuple(parent for parent in node.parents if parent not in lost)
            if lost:
                self._findings.append((i, f"the link to {', '.join(lost)} is left out, as the parent itself is", False))
        return self._findings

    def _find_parents(self, i: int) -> None:
        node = self._nodes[i]
        found: list[str] = []
        for name in node.row.parents:
            parent = self._known.get(name) or self._ids.get(name)
            if parent is None and name not in self._keys:
                parent = self._matcher.named(name)
                if parent is None:
                    return self._drop(i, f"its parent {name!r} is neither in the file nor a concept")
            if parent == node.id:
                return self._drop(i, "a cycle: it is said to be its own parent")
            if parent is not None:
                found.append(parent)
            elif node.existing:
                self._findings.append((i, f"the link to {name!r} is left out, as the parent itself is", False))
            else:
                return self._drop(i, f"its parent {name!r} is left out")
        if node.existing:
            concept = self._knowledge.concept(node.id)
            above = {*concept.parents, *self._knowledge.ancestors(node.id)}
            found = [parent for parent in found if parent not in above]
        elif not found and self._under:
            found = [self._under]
        node.parents = tuple(dict.fromkeys(found))
        return None

    def _drop_cycles(self) -> None:
        """Every row that adds a link to a cycle goes, since no one of them is to blame more than the others."""
        graph = nx.DiGraph()
        graph.add_edges_from((c.id, parent) for c in self._knowledge.concepts.values() for parent in c.parents)
        graph.add_edges_from((node.id, parent) for node in self._nodes.values() for parent in node.parents)
        ring_of: dict[str, set[str]] = {}
        for ring in nx.strongly_connected_components(graph):
            ring_of.update(dict.fromkeys(ring, ring) if len(ring) > 1 else {})
        for i, node in list(self._nodes.items()):
            ring = ring_of.get(node.id, set())
            if any(parent in ring for parent in node.parents):
                some = ", ".join(nsmallest(8, ring))
                self._drop(i, f"a cycle: it would be its own ancestor, by way of {some}")

    def _drop_unfit(self) -> bool:
        """One round over the new nodes, parents first, then leaves first. Returns whether any was dropped."""
        before = len(self._nodes)
        graph = nx.DiGraph()
        new = {node.id: i for i, node in self._nodes.items() if not node.existing}
        graph.add_nodes_from(new)
        graph.add_edges_from((p, id_) for id_, i in new.items() for p in self._nodes[i].parents if p in new)
        order = [new[id_] for id_ in nx.topological_sort(graph)]
        demands: dict[str, set[Condition]] = {}
        for i in order:
            node = self._nodes[i]
            if gone := [parent for parent in node.parents if not self._stands(parent)]:
                self._drop(i, f"its parent {gone[0]} is left out")
                continue
            above = set().union(*(self._demanded(parent, demands) for parent in node.parents))
            demands[node.id] = above | ({node.stated} if node.stated else set())
            if len(demands[node.id]) > 1:
                self._drop(i, self._contradiction(node, demands))
        for i, node in list(self._nodes.items()):
            if node.existing:
                self._check_links(i, node, demands)
        members = Counter(parent for node in self._nodes.values() for parent in node.parents)
        for i in reversed(order):
            node = self._nodes.get(i)
            if node is not None and not self._give_condition(node, not members[node.id], demands):
                self._drop(i, "it has no condition, has no members, and lies under no group whose members share one")
                members.subtract(node.parents)
        return len(self._nodes) < before

    def _check_links(self, i: int, node: Node, demands: Mapping[str, set[Condition]]) -> None:
        """A concept that stands gets no parent whose members have another condition, nor one it is told apart from."""
        own = self._knowledge.condition(node.id)
        for parent in node.parents:
            if self._stands(parent) and not self._demanded(parent, demands) <= {own}:
                asked = " and ".join(sorted(self._demanded(parent, demands)))
                self._drop(i, f"{parent} is {asked}, and {node.id} is {own.value if own else 'mixed'}")
                return
        above = self._above(node) if node.parents else set()
        for below in (node.id, *self._knowledge.descendants(node.id)) if above else ():
            if rivals := sorted(self._rivals.get(below, set()) & above):
                self._drop(i, f"{below} is told from {rivals[0]} by a differential, but would lie beneath it")
                return

    def _above(self, node: Node) -> set[str]:
        """What a node would lie beneath once all links are made."""
        found: set[str] = set()
        pending = list(node.parents)
        while pending:
            id_ = pending.pop()
            if id_ in found or not self._stands(id_):
                continue
            found.add(id_)
            pending += self._knowledge.concepts[id_].parents if id_ in self._knowledge.concepts else ()
            linked = self._nodes.get(self._alive.get(id_, -1))
            pending += linked.parents if linked else ()
        return found

    @staticmethod
    def _give_condition(node: Node, leaf: bool, demands: Mapping[str, set[Condition]]) -> bool:
        """The condition a row states, or that its group's members share; False where a leaf has neither."""
        node.condition, node.inherited = node.stated, False
        if leaf and node.condition is None and demands[node.id]:
            node.condition, node.inherited = next(iter(demands[node.id])), True
        return not leaf or node.condition is not None

    def _demanded(self, id_: str, demands: Mapping[str, set[Condition]]) -> set[Condition]:
        """The conditions that whatever lies under a concept must have, lest the group's own one change in silence."""
        if id_ in demands:
            return demands[id_]
        own = self._knowledge.condition(id_)
        return {own} if own else set()

    def _contradiction(self, node: Node, demands: Mapping[str, set[Condition]]) -> str:
        asked = [(parent, " and ".join(sorted(self._demanded(parent, demands)))) for parent in node.parents]
        above = " and ".join(f"all that lies under {parent} is {word}" for parent, word in asked if word)
        return f"it says {node.stated}, but {above}" if node.stated else above

    def _stands(self, id_: str) -> bool:
        return id_ in self._knowledge.concepts or self._alive.get(id_) in self._nodes

    def _drop(self, i: int, reason: str) -> None:
        del self._nodes[i]
        self._findings.append((i, reason, True))
