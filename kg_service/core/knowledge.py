"""Knowledge: one immutable release in memory, the only thing the service, synthesis, trainer and evaluation ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .concept import Concept, Condition, CrosswalkEntry, Differential, Feature, Polarity
from .ddx import DdxGraph
from .errors import GoldUnresolved, KnowledgeInvalid, UnknownFeature
from .fold import basic, fold
from .labels import Ambiguous, LabelIndex, Resolution, Resolved
from .mentions import Mention, MentionFinder
from .taxonomy import Taxonomy

Item = TypeVar("Item", Concept, Feature)

# A training run repeats its labels; a hostile client must not fill the memory.
_MEMO_LIMIT = 1 << 20


class Knowledge:
    """The hierarchy, labels, features and differentials of one release, validated and indexed.

    Args:
        concepts, features, differentials, crosswalk: the content, in any order.
        release: the id it was published under, empty for a draft.
        digest: `sha256:…` of its canonical snapshot, empty for a draft.

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
        release: str = "",
        digest: str = "",
    ) -> None:
        self.release = release
        self.digest = digest
        self.concepts = _by_id(concepts, "concept")
        self.features = _by_id(features, "feature")
        self.differentials = tuple(sorted(differentials, key=lambda edge: (edge.a, edge.b)))
        self.crosswalk = tuple(sorted(crosswalk, key=lambda entry: (entry.dataset, entry.label)))
        self.taxonomy = Taxonomy({concept.id: concept.parents for concept in self.concepts.values()})
        self._conditions = self._derive_conditions()
        self._profiles: dict[str, Mapping[str, Polarity]] = {}
        self._check_profiles()
        self.labels = LabelIndex(self.concepts, self.crosswalk, self.taxonomy)
        self._rows: dict[str, int] = {}
        self._gold_rows: dict[str, int] = {}
        self.ddx = DdxGraph(self.differentials, self.taxonomy, self.profile)

    # -- concepts ------------------------------------------------------------------------------------------------

    def concept(self, concept: str) -> Concept:
        """
        Raises:
            UnknownConcept: no concept has this id.
        """
        self.taxonomy.row(concept)
        return self.concepts[concept]

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

    def meet(self, a: str, b: str) -> tuple[str, ...]:
        return self.taxonomy.meet(a, b)

    def meet_level(self, a: str, b: str) -> int:
        return self.taxonomy.meet_level(a, b)

    def condition(self, concept: str) -> Condition | None:
        """A leaf's own condition; for a group the one all its members share, or None where they differ ("mixed")."""
        self.taxonomy.row(concept)
        return self._conditions[concept]

    def profile(self, concept: str) -> Mapping[str, Polarity]:
        """Feature id -> polarity, inherited along the lineage; the statement nearest to the concept wins."""
        found = self._profiles.get(concept)
        if found is None:
            above = self.taxonomy.parents(concept)
            inherited = self.profile(above[0]) if above else {}
            found = {**inherited, **dict(self.concepts[concept].profile)}
            self._profiles[concept] = found
        return found

    # -- text ----------------------------------------------------------------------------------------------------

    def resolve(self, text: str, *, dataset: str | None = None) -> Resolution:
        """What a text names (`labels.LabelIndex.resolve`)."""
        return self.labels.resolve(text, dataset=dataset)

    def gold(self, text: str, *, dataset: str | None = None) -> str:
        """The concept id of a gold label, given as an id or as a label.

        Raises:
            GoldUnresolved: it names no single concept; nothing may be trained or scored on it.
        """
        if text in self.concepts and dataset is None:
            return text
        found = self.resolve(text, dataset=dataset)
        if isinstance(found, Resolved):
            return found.concept
        if text in self.concepts:
            return text
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

    def feature_mentions(self, text: str) -> tuple[Mention, ...]:
        """The features named in running text; not those that are part of a disease's name ("blue" in "blue nevus")."""
        names = [(mention.start, mention.end) for mention in self.concept_mentions(text)]
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

    # -- checks --------------------------------------------------------------------------------------------------

    def _derive_conditions(self) -> dict[str, Condition | None]:
        findings: list[str] = []
        derived: dict[str, Condition | None] = {}
        for id_, concept in self.concepts.items():
            members = {self.concepts[leaf].condition for leaf in self.taxonomy.leaves(id_)}
            derived[id_] = members.pop() if len(members) == 1 else None
            if self.taxonomy.is_leaf(id_) and concept.condition is None:
                findings.append(f"{id_} has no condition; every leaf needs one of the four")
            elif concept.condition is not None and concept.condition is not derived[id_]:
                findings.append(
                    f"{id_} states the condition {concept.condition.value!r}, but its members do not all have it; "
                    "take the statement away (it is then derived) or mend the members"
                )
        if findings:
            raise KnowledgeInvalid("conditions are missing or contradict each other:", tuple(findings))
        return derived

    def _check_profiles(self) -> None:
        findings = [
            f"the profile of {concept.id} names {feature}, which is not a feature"
            for concept in self.concepts.values()
            for feature, _ in concept.profile
            if feature not in self.features
        ]
        findings += [
            f"the profile of {concept.id} gives one feature two polarities"
            for concept in self.concepts.values()
            if len({feature for feature, _ in concept.profile}) < len(concept.profile)
        ]
        findings += [
            f"the differential {edge.id} names {feature}, which is not a feature"
            for edge in self.differentials
            for feature in edge.features
            if feature not in self.features
        ]
        if findings:
            raise KnowledgeInvalid("profiles name what does not exist:", tuple(findings))


def _new(texts: Sequence[str], memo: dict[str, int]) -> set[str]:
    """The texts a memo does not hold yet; a full memo is emptied first."""
    distinct = set(texts)
    if len(memo) + len(distinct) > _MEMO_LIMIT:
        memo.clear()
    return distinct.difference(memo)


def _by_id(items: Iterable[Item], noun: str) -> dict[str, Item]:
    listed = sorted(items, key=lambda item: item.id)
    found = {item.id: item for item in listed}
    if len(found) < len(listed):
        twice = sorted({item.id for item in listed if found[item.id] is not item})
        raise KnowledgeInvalid(f"a {noun} is stated twice:", tuple(twice))
    return found
