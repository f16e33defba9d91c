"""What is seen in each concept: its own features and those it inherits."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping

from .concept import Concept, Differential, Polarity
from .errors import KnowledgeInvalid, RequestInvalid
from .taxonomy import Taxonomy


class Profiles:
    """Profiles with what they inherit, made when they are asked for.

    Args:
        concepts: by id.
        taxonomy: their hierarchy.
        previous: the profiles of another state of the knowledge, kept but for those of `touched`.
        touched: the ids of whatever inherits otherwise now, the removed among them.
    """

    def __init__(
        self,
        concepts: Mapping[str, Concept],
        taxonomy: Taxonomy,
        *,
        previous: Profiles | None = None,
        touched: Iterable[str] = (),
    ) -> None:
        self._concepts = concepts
        self._taxonomy = taxonomy
        self._known: dict[str, Mapping[str, Polarity]] = dict(previous._known) if previous else {}
        for id_ in touched:
            self._known.pop(id_, None)

    def of(self, concept: str) -> Mapping[str, Polarity]:
        """Feature id -> polarity, inherited along the lineage; the statement nearest to the concept wins."""
        found = self._known.get(concept)
        if found is None:
            above = self._taxonomy.parents(concept)
            inherited = self.of(above[0]) if above else {}
            found = {**inherited, **dict(self._concepts[concept].profile)}
            self._known[concept] = found
        return found


def restated(
    own: Iterable[tuple[str, Polarity]], inherited: Mapping[str, Polarity], wanted: Mapping[str, Polarity | None]
) -> tuple[tuple[str, Polarity], ...]:
    """What a concept must state itself so that some features stand to it as wanted. What it inherits is not repeated.

    Args:
        own: what it states now.
        inherited: what it would have without any statement of its own.
        wanted: how features shall stand to it; None where nothing shall be stated. The others stay as they are.

    Raises:
        RequestInvalid: a feature is inherited, so nothing short of another statement takes it away.
    """
    before = dict(own)
    made = dict(before)
    for feature, polarity in wanted.items():
        if polarity == before.get(feature, inherited.get(feature)):
            continue
        if polarity is None and feature in inherited:
            raise RequestInvalid(
                f"the feature {feature} is inherited: state how it stands here, or edit the group it comes from"
            )
        made.pop(feature, None)
        if polarity is not None and polarity != inherited.get(feature):
            made[feature] = polarity
    return tuple(sorted(made.items()))


def check_features(
    features: Container[str], concepts: Collection[Concept], differentials: Collection[Differential]
) -> None:
    """
    Raises:
        KnowledgeInvalid: a profile or a differential names what is no feature, or a profile names one twice.
    """
    findings = [
        f"the profile of {concept.id} names {feature}, which is not a feature"
        for concept in concepts
        for feature, _ in concept.profile
        if feature not in features
    ]
    findings += [
        f"the profile of {concept.id} gives one feature two polarities"
        for concept in concepts
        if len({feature for feature, _ in concept.profile}) < len(concept.profile)
    ]
    findings += [
        f"the differential {edge.id} names {feature}, which is not a feature"
        for edge in differentials
        for feature in edge.features
        if feature not in features
    ]
    if findings:
        raise KnowledgeInvalid("profiles name what does not exist:", tuple(findings))
