"""The DDx graph: which concepts are taken for each other, what tells them apart, which one to offer as a distractor."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter

from .concept import Differential, Polarity, Strength
from .errors import KnowledgeInvalid
from .taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Contrast:
    """One feature that tells two concepts apart, seen from `here`."""

    feature: str
    here: Polarity
    there: Polarity


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The other end of a differential, seen from one concept."""

    concept: str
    strength: Strength
    features: tuple[Contrast, ...]
    source: str
    review_status: str


class Via(StrEnum):
    """Which step of the distractor rule found the candidates (trajectories contract, "Distractor choice")."""

    NEIGHBOUR = "neighbour"
    PARENT_NEIGHBOUR = "parent-neighbour"
    CHILD_NEIGHBOUR = "child-neighbour"
    OTHER_BRANCH = "other-branch"


class DdxGraph:
    """Symmetric differentials over a taxonomy.

    Args:
        differentials: the edges.
        taxonomy: the hierarchy their ends stand in.
        profile: a concept's features with polarity, inherited ones included (`Knowledge.profile`).
        previous: the graph of another state of the knowledge. Its edges are checked again only where they end in
            `touched`.
        touched: the concepts whose ancestors or profiles differ between the two, the added and the removed among them.

    Raises:
        KnowledgeInvalid: an edge joins a concept to itself, to its ancestor or to an unknown one, stands twice,
            has no feature, or names a feature that does not differ between its two ends.
    """

    def __init__(
        self,
        differentials: Iterable[Differential],
        taxonomy: Taxonomy,
        profile: Callable[[str], Mapping[str, Polarity]],
        *,
        previous: DdxGraph | None = None,
        touched: Collection[str] = (),
    ) -> None:
        self._taxonomy = taxonomy
        self._profile = profile
        self._listed = tuple(differentials)
        if previous is not None and previous._listed == self._listed:
            self._edges, self._ends = previous._edges, previous._ends
            near = {(min(end, other), max(end, other)) for end in touched for other in self._ends.get(end, ())}
            findings = [problem for pair in sorted(near) for problem in self._problems(self._edges[pair])]
        else:
            findings = self._read(previous, touched)
        if findings:
            raise KnowledgeInvalid("the differentials contradict the knowledge:", tuple(findings))

    def _read(self, previous: DdxGraph | None, touched: Collection[str]) -> list[str]:
        self._edges: dict[tuple[str, str], Differential] = {}
        self._ends: dict[str, list[str]] = {}
        checked = previous._edges if previous is not None else {}
        findings: list[str] = []
        for edge in sorted(self._listed, key=attrgetter("a", "b")):
            ends = (edge.a, edge.b)
            fine = checked.get(ends) is edge and edge.a not in touched and edge.b not in touched
            problems = [] if fine else self._problems(edge)
            if ends in self._edges:
                problems.append(f"the differential {edge.id} is stated twice")
            findings += problems
            if not problems:
                self._edges[ends] = edge
                self._ends.setdefault(edge.a, []).append(edge.b)
                self._ends.setdefault(edge.b, []).append(edge.a)
        return findings

    def _problems(self, edge: Differential) -> list[str]:
        return _problems(edge, self._taxonomy, self._profile)

    def __len__(self) -> int:
        return len(self._edges)

    def without(self, differentials: Iterable[Differential]) -> list[Differential]:
        """Those of some differentials that are not the very edges of this graph, in their order."""
        if differentials is self._listed:
            return []
        return [edge for edge in differentials if self._edges.get((edge.a, edge.b)) is not edge]

    def between(self, a: str, b: str) -> Differential | None:
        """The differential of two concepts, whichever way round they are named."""
        return self._edges.get((a, b) if a < b else (b, a))

    def neighbour_ids(self, concept: str) -> tuple[str, ...]:
        """The concepts taken for this one, sorted by id."""
        self._taxonomy.row(concept)
        return tuple(sorted(self._ends.get(concept, ())))

    def neighbours(self, concept: str) -> tuple[Neighbour, ...]:
        """The concepts taken for this one with what tells them apart, sorted by id.

        Raises:
            UnknownConcept: no concept has this id.
        """
        return tuple(self._seen_from(concept, other) for other in self.neighbour_ids(concept))

    def contrasts(self, here: str, there: str) -> tuple[Contrast, ...]:
        """What tells two concepts apart, seen from the first; empty where there is no differential between them."""
        edge = self.between(here, there)
        if edge is None:
            return ()
        mine, theirs = self._profile(here), self._profile(there)
        return tuple(Contrast(feature, mine[feature], theirs[feature]) for feature in edge.features)

    def _seen_from(self, here: str, there: str) -> Neighbour:
        edge = self.between(here, there)
        assert edge is not None
        return Neighbour(there, edge.strength, self.contrasts(here, there), edge.source, edge.review_status)

    def distractors(self, concept: str) -> tuple[Via, tuple[str, ...]]:
        """The candidates to weigh against a diagnosis, and the rule that found them.

        The first non-empty set wins: neighbours of the concept; of its parents; of its children, generation by
        generation; every leaf of another branch. Never the concept itself, an ancestor or a descendant. The caller
        draws from the candidates with its own seeded generator; they come sorted by id.

        Raises:
            UnknownConcept: no concept has this id.
        """
        own = {concept, *self._taxonomy.ancestors(concept), *self._taxonomy.descendants(concept)}

        def beside(sources: Iterable[str]) -> tuple[str, ...]:
            return tuple(sorted({n for source in sources for n in self._ends.get(source, ())} - own))

        if found := beside([concept]):
            return Via.NEIGHBOUR, found
        if found := beside(self._taxonomy.parents(concept)):
            return Via.PARENT_NEIGHBOUR, found
        generation = self._taxonomy.children(concept)
        while generation:
            if found := beside(generation):
                return Via.CHILD_NEIGHBOUR, found
            generation = tuple(sorted({child for one in generation for child in self._taxonomy.children(one)}))
        row = self._taxonomy.row(concept)
        rows = range(len(self._taxonomy))
        elsewhere = self._taxonomy.meet_levels([row] * len(self._taxonomy), list(rows)) == 0
        leaves = (c for c, other in zip(self._taxonomy.ids, elsewhere, strict=True) if other)
        candidates = tuple(c for c in leaves if self._taxonomy.is_leaf(c))
        if not candidates:  # one single tree: the other branches are those beside the concept
            candidates = tuple(c for c in self._taxonomy.ids if c not in own and self._taxonomy.is_leaf(c))
        return Via.OTHER_BRANCH, candidates


def _problems(edge: Differential, taxonomy: Taxonomy, profile: Callable[[str], Mapping[str, Polarity]]) -> list[str]:
    unknown = [end for end in (edge.a, edge.b) if end not in taxonomy]
    if unknown:
        return [f"the differential {edge.id} names {end}, which is not a concept" for end in unknown]
    if edge.a >= edge.b:
        return [f"the differential {edge.id} must name two different concepts in alphabetical order"]
    found: list[str] = []
    if taxonomy.is_ancestor(edge.a, edge.b) or taxonomy.is_ancestor(edge.b, edge.a):
        found.append(f"the differential {edge.id} joins a concept to its own ancestor")
    if not edge.features:
        found.append(f"the differential {edge.id} has no discriminating feature")
    mine, theirs = profile(edge.a), profile(edge.b)
    for feature in edge.features:
        missing = [end for end, own in ((edge.a, mine), (edge.b, theirs)) if feature not in own]
        if missing:
            found.append(f"the differential {edge.id} cites {feature}, which the profile of {missing[0]} does not have")
        elif mine[feature] is theirs[feature]:
            found.append(f"the differential {edge.id} cites {feature}, which is {mine[feature]} on both sides")
    return found
