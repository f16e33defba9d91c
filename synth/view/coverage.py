"""What of the knowledge the accepted rows tell: the tree of their diseases, and the differentials told and not told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from kg_service.core.concept import Condition, Differential, Strength
from kg_service.core.knowledge import Knowledge

from . import figures
from .gathering import Gathered

_STRENGTHS = list(Strength)  # the strongest first
PAIRS, UNTOLD = 25, 60  # lines that are listed; the rest is counted


@dataclass
class Node:
    """A concept on the path of accepted rows. `own` rows have it as their diagnosis, `total` it or one below."""

    id: str
    label: str
    level: int
    condition: Condition | None
    own: int = 0
    total: int = 0
    children: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Disease:
    """One line of the table of diseases: accepted rows by kind, and how many cases there were to write from."""

    id: str
    label: str
    condition: Condition | None
    kinds: dict[str, int]
    cases: int

    @property
    def rows(self) -> int:
        return sum(self.kinds.values())


@dataclass(frozen=True, slots=True)
class Pair:
    """A diagnosis and what was weighed against it."""

    gold: str
    distractor: str
    via: str
    count: int


@dataclass(frozen=True, slots=True)
class Untold:
    """A differential of the release that touches a diagnosis of this run and is in no accepted row."""

    a: str
    b: str
    strength: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """`touching` counts the differentials of the release with an end among the diagnoses of this run's cases."""

    tree: list[Node]
    cells: list[figures.Cell]
    size: tuple[float, float]
    diseases: list[Disease]
    pairs: list[Pair]
    all_pairs: int
    untold: list[Untold]
    all_untold: int
    touching: int
    all_edges: int


def view(knowledge: Knowledge, gathered: Gathered, golds: Mapping[str, int]) -> Coverage:
    """Everything about coverage. `golds` maps each diagnosis of the cases written from to how many there are."""
    by_gold = gathered.by_gold
    tree = _tree(knowledge, by_gold)
    cells, size = _cells(tree)
    pairs = [
        Pair(knowledge.label(gold), knowledge.label(other), via, count)
        for (gold, other, via), count in sorted(gathered.pairs.items(), key=lambda item: (-item[1], item[0]))
    ]
    touching = [edge for edge in knowledge.differentials if golds.keys() & {edge.a, edge.b}]
    touching.sort(key=lambda edge: _STRENGTHS.index(edge.strength))
    told = _told(knowledge, gathered)
    untold = [
        Untold(knowledge.label(edge.a), knowledge.label(edge.b), edge.strength.value)
        for edge in touching
        if edge.id not in told
    ]
    return Coverage(
        tree=tree, cells=cells, size=size, diseases=_diseases(knowledge, gathered, golds),
        pairs=pairs[:PAIRS], all_pairs=len(pairs), untold=untold[:UNTOLD], all_untold=len(untold),
        touching=len(touching), all_edges=len(knowledge.differentials),
    )  # fmt: skip


def _tree(knowledge: Knowledge, by_gold: Counter[str]) -> list[Node]:
    """Rows are rolled up along the primary lineage, so that the numbers of a level add up."""
    nodes: dict[str, Node] = {}
    tops: list[Node] = []
    for gold in sorted(by_gold):
        above = None
        for concept in knowledge.lineage(gold):
            node = nodes.get(concept)
            if node is None:
                node = nodes[concept] = Node(
                    concept, knowledge.label(concept), knowledge.level(concept), knowledge.condition(concept)
                )
                (above.children if above else tops).append(node)
            node.total += by_gold[gold]
            above = node
        assert above is not None
        above.own = by_gold[gold]
    for siblings in (tops, *(node.children for node in nodes.values())):
        siblings.sort(key=lambda node: (-node.total, node.label.lower()))
    return tops


def _cells(tree: list[Node]) -> tuple[list[figures.Cell], tuple[float, float]]:
    """The tree as an icicle: levels from left to right, rows from top to bottom."""
    every = sum(node.total for node in tree) or 1
    placed: list[figures.Placed] = []

    def place(nodes: list[Node], depth: int, start: int) -> None:
        for node in nodes:
            placed.append(figures.Placed(node.label, node.total, depth, start / every, node.total / every))
            place(node.children, depth + 1, start)
            start += node.total

    place(tree, 0, 0)
    height = min(860.0, max(180.0, 15.0 * len(placed)))
    deepest = max((one.depth for one in placed), default=0) + 1
    wide = figures.column(deepest)
    return figures.icicle(placed, wide, height), (deepest * wide, height)


def _diseases(knowledge: Knowledge, gathered: Gathered, golds: Mapping[str, int]) -> list[Disease]:
    kinds: dict[str, dict[str, int]] = {gold: {} for gold in golds}
    for (gold, kind), count in sorted(gathered.kinds.items()):
        kinds.setdefault(gold, {})[kind] = count
    found = [
        Disease(gold, knowledge.label(gold), knowledge.condition(gold), counts, golds.get(gold, 0))
        for gold, counts in kinds.items()
    ]
    return sorted(found, key=lambda one: (one.rows > 0, -one.rows, one.label.lower()))


def _told(knowledge: Knowledge, gathered: Gathered) -> set[str]:
    """Ids of the differentials behind the rows: of the diagnosis itself, or of a relative that lent its own."""
    found: set[str] = set()
    for gold, other, via in gathered.pairs:
        ends = (gold,) if via == "neighbour" else (gold, *knowledge.ancestors(gold), *knowledge.descendants(gold))
        edges: list[Differential | None] = [knowledge.ddx.between(end, other) for end in ends]
        found |= {edge.id for edge in edges if edge is not None}
    return found
