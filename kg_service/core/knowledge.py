"""Knowledge: one immutable release in memory, the only thing the service, synthesis, trainer and evaluation ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .concept import Concept, Condition, CrosswalkEntry, Differential, Feature, Polarity, Retired
from .conditions import Conditions
from .ddx import DdxGraph
from .delta import Delta
from .errors import ConceptRetired, GoldUnresolved, KnowledgeInvalid, UnknownFeature
from .fold import basic, fold
from .labels import Ambiguous, LabelIndex, Resolution, Resolved
from .mentions import Mention, MentionFinder
from .profiles import Profiles, check_features
from .retirement import check_retired, successors
from .taxonomy import Taxonomy

Item = TypeVar("Item", Concept, Feature, Retired)

# A training run repeats its labels; a hostile client must not fill the memory.
_MEMO_LIMIT = 1 << 20


class Knowledge:
    """The hierarchy, labels, features and differentials of one release, validated and indexed.

    Args:
        concepts, features, differentials, crosswalk: the content, in any order.
        retired: ids that were concepts once.
        release: the id it was published under, empty for a draft.
        digest: `sha256:…` of its canonical snapshot, empty for a draft.
        previous: knowledge of nearly the same content. What did not change is taken from it and only what an edit
            can have touched is checked; the result is the same as without it.

    Raises:
        KnowledgeInvalid: anything in it contradicts anything else; the findings name each problem.
    """

    def __init__(
        self,
        concepts: Iterable[Concept],
        features: Iterable[Feature] = (),
        differentials: Iterable[Differential] = (),
        crosswalk: Iterable[CrosswalkEntry] = (),
        *,
        retired: Iterable[Retired] = (),
        release: str = "",
        digest: str = "",
        previous: Knowledge | None = None,
    ) -> None:
        self.release = release
        self.digest = digest
        self.concepts = _by_id(concepts, "concept")
        self.features = _by_id(features, "feature")
        # As they were given, for an edit hands nearly the same over again, and comparing costs a tenth of sorting.
        self._given = tuple(differentials), tuple(crosswalk)
        if previous and previous._given[0] == self._given[0]:
            self.differentials = previous.differentials
        else:
            self.differentials = tuple(sorted(self._given[0], key=attrgetter("a", "b")))
        if previous and previous._given[1] == self._given[1]:
            self.crosswalk = previous.crosswalk
        else:
            self.crosswalk = tuple(sorted(self._given[1], key=attrgetter("dataset", "label")))
        self.retired: Mapping[str, Retired] = _by_id(retired, "retired id")
        check_retired(self.retired, self.concepts)
        delta = Delta.between(previous.concepts if previous else {}, self.concepts)
        if previous and not delta.placed:
            self.taxonomy = previous.taxonomy
        else:
            self.taxonomy = Taxonomy({concept.id: concept.parents for concept in self.concepts.values()})
        self._conditions = Conditions(
            self.concepts, self.taxonomy, delta, previous=previous._conditions if previous else None
        )
        # A profile and a place are inherited, so an edit above a concept touches it too.
        touched = delta.placed | self.taxonomy.downward((delta.placed | delta.profiled) & self.concepts.keys())
        self._profiles = Profiles(
            self.concepts, self.taxonomy, previous=previous._profiles if previous else None, touched=touched
        )
        self._check_features(previous, delta)
        self.labels = LabelIndex(
            self.concepts,
            self.crosswalk,
            self.taxonomy,
            previous=previous.labels if previous else None,
            touched=delta.relabelled,
        )
        self._rows: dict[str, int] = {}
        self._gold_rows: dict[str, int] = {}
        self.ddx = DdxGraph(
            self.differentials,
            self.taxonomy,
            self._profiles.of,
            previous=previous.ddx if previous else None,
            touched=touched,
        )

    # -- concepts ------------------------------------------------------------------------------------------------

    def concept(self, concept: str) -> Concept:
        """
        Raises:
            ConceptRetired: it was a concept once; the error names what replaced it.
            UnknownConcept: no concept has this id.
        """
        if concept in self.retired:
            now = successors(concept, self.retired)
            instead = f"use {' or '.join(now)}" if now else "nothing replaces it"
            raise ConceptRetired(f"the concept {concept!r} is retired; {instead}", now)
        self.taxonomy.row(concept)
        return self.concepts[concept]

    def successors(self, concept: str) -> tuple[str, ...]:
        """The concepts that an id stands for: itself, or what replaced it since; empty where nothing did.

        Raises:
            UnknownConcept: the id never was a concept.
        """
        if concept in self.retired:
            return successors(concept, self.retired)
        return (self.concept(concept).id,)

    def feature(self, feature: str) -> Feature:
        """
        Raises:
            UnknownFeature: no feature has this id.
        """
        try:
            return self.features[feature]
        except KeyError:
            raise UnknownFeature(f"no feature has the id {feature!r}") from None

    def label(self, concept: str) -> str:
        """The preferred label."""
        return self.concept(concept).pref_label

    def level(self, concept: str) -> int:
        return self.taxonomy.level(concept)

    def ancestors(self, concept: str) -> tuple[str, ...]:
        return self.taxonomy.ancestors(concept)

    def descendants(self, concept: str) -> tuple[str, ...]:
        return self.taxonomy.descendants(concept)

    def children(self, concept: str) -> tuple[str, ...]:
        return self.taxonomy.children(concept)

    def lineage(self, concept: str) -> tuple[str, ...]:
        return self.taxonomy.lineage(concept)

    def is_ancestor(self, above: str, below: str) -> bool:
        return self.taxonomy.is_ancestor(above, below)

    def same_line(self, a: str, b: str) -> bool:
        """Whether two are one concept, or one of them is a group that the other belongs to."""
        return a == b or self.is_ancestor(a, b) or self.is_ancestor(b, a)

    def meet(self, a: str, b: str) -> tuple[str, ...]:
        return self.taxonomy.meet(a, b)

    def meet_level(self, a: str, b: str) -> int:
        return self.taxonomy.meet_level(a, b)

    def condition(self, concept: str) -> Condition | None:
        """A leaf's own condition; for a group the one all its members share, or None where they differ ("mixed")."""
        self.taxonomy.row(concept)
        return self._conditions.of(concept)

    def profile(self, concept: str) -> Mapping[str, Polarity]:
        """Feature id -> polarity, inherited along the lineage; the statement nearest to the concept wins."""
        return self._profiles.of(concept)

    # -- text ----------------------------------------------------------------------------------------------------

    def resolve(self, text: str, *, dataset: str | None = None) -> Resolution:
        """What a text names (`labels.LabelIndex.resolve`)."""
        return self.labels.resolve(text, dataset=dataset)

    def gold(self, text: str, *, dataset: str | None = None) -> str:
        """The concept id of a gold label, given as an id, as a retired id with one successor, or as a label.

        Raises:
            GoldUnresolved: it names no single concept; nothing may be trained or scored on it.
        """
        known = text in self.concepts or text in self.retired
        if known and dataset is None:
            return self._standing(text)
        found = self.resolve(text, dataset=dataset)
        if isinstance(found, Resolved):
            return found.concept
        if known:
            return self._standing(text)
        where = f" of {dataset}" if dataset else ""
        if isinstance(found, Ambiguous):
            what = f"may mean {', '.join(found.concepts)}"
        else:
            what = f"names no concept ({found.reason})"
        raise GoldUnresolved(
            f"the gold label {text!r}{where} {what}. Add a crosswalk entry or a label to the knowledge, or leave "
            "these rows out.",
            (text,),
        )

    def _standing(self, gold: str) -> str:
        now = self.successors(gold)
        if len(now) == 1:
            return now[0]
        what = f"was replaced by {' and '.join(now)}" if now else "is retired and nothing replaces it"
        raise GoldUnresolved(
            f"the gold {gold!r} {what}. Say for these rows which concept is meant, or leave them out.", (gold,)
        )

    def rows_of(self, texts: Sequence[str], special: Mapping[str, int] | None = None) -> NDArray[np.int64]:
        """Taxonomy rows of many texts, shape (n,): -1 where a text names no single concept.

        Args:
            texts: shape (n,); repeated strings cost one dictionary look-up each.
            special: rows for texts (in their `basic` form) that name no concept but mean something to the caller.
        """
        memo = self._rows
        for text in _new(texts, memo):
            found = self.resolve(text)
            row = self.taxonomy.row(found.concept) if isinstance(found, Resolved) else -1
            memo[text] = special.get(basic(text), -1) if row < 0 and special else row
        return np.fromiter(map(memo.__getitem__, texts), np.int64, len(texts))

    def gold_rows(self, golds: Sequence[str]) -> NDArray[np.int64]:
        """Taxonomy rows of many golds, shape (n,).

        Raises:
            GoldUnresolved: one names no single concept.
        """
        memo = self._gold_rows
        for gold in _new(golds, memo):
            memo[gold] = self.taxonomy.row(self.gold(gold))
        return np.fromiter(map(memo.__getitem__, golds), np.int64, len(golds))

    def search(self, query: str, limit: int = 20) -> list[tuple[str, str]]:
        return self.labels.search(query, limit)

    def suggest(self, text: str, limit: int = 5) -> list[tuple[str, str, float]]:
        return self.labels.suggest(text, limit)

    def concept_mentions(self, text: str) -> tuple[Mention, ...]:
        """The concepts named in running text."""
        return self._concept_finder.find(text)

    def feature_mentions(self, text: str, concepts: Sequence[Mention] | None = None) -> tuple[Mention, ...]:
        """The features named in running text; not those that are part of a disease's name ("blue" in "blue nevus").

        Args:
            concepts: the `concept_mentions` of the text, from who has them already.
        """
        diseases = self.concept_mentions(text) if concepts is None else concepts
        names = [(mention.start, mention.end) for mention in diseases]
        return tuple(
            found
            for found in self._feature_finder.find(text)
            if not any(a <= found.start and found.end <= b and b - a > found.end - found.start for a, b in names)
        )

    @cached_property
    def _concept_finder(self) -> MentionFinder:
        # "Hair loss" is a sign, and a dataset's name for alopecia. In running text it is the sign.
        signs = {fold(label) for feature in self.features.values() for label in feature.labels}
        spoken = {c.id: (c.pref_label, *c.alt_labels, *c.hidden_labels) for c in self.concepts.values()}
        return MentionFinder(
            {id_: [label for label in labels if fold(label) not in signs] for id_, labels in spoken.items()}
        )

    @cached_property
    def _feature_finder(self) -> MentionFinder:
        return MentionFinder({feature.id: feature.labels for feature in self.features.values()})

    def _check_features(self, previous: Knowledge | None, delta: Delta) -> None:
        """Where no feature went, only edited profiles and differentials can name one that does not exist."""
        if previous and previous.features.keys() <= self.features.keys():
            edited = [self.concepts[id_] for id_ in sorted(delta.profiled & self.concepts.keys())]
            check_features(self.features, edited, previous.ddx.without(self.differentials))
        else:
            check_features(self.features, self.concepts.values(), self.differentials)


def _new(texts: Sequence[str], memo: dict[str, int]) -> set[str]:
    """The texts a memo does not hold yet; a full memo is emptied first."""
    distinct = set(texts)
    if len(memo) + len(distinct) > _MEMO_LIMIT:
        memo.clear()
    return distinct.difference(memo)


def _by_id(items: Iterable[Item], noun: str) -> dict[str, Item]:
    listed = sorted(items, key=attrgetter("id"))
    found = {item.id: item for item in listed}
    if len(found) < len(listed):
        twice = sorted({item.id for item in listed if found[item.id] is not item})
        raise KnowledgeInvalid(f"a {noun} is stated twice:", tuple(twice))
    return found
