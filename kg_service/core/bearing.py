"""A feature seen from its own side: which concepts show it, and which differentials it decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from .concept import Differential, Polarity
from .knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Bearers:
    """How a feature stands to the concepts that state it or inherit it.

    `stated`: those whose own profile says so, by name. `inherited`: how many more have it from a group above them.
    """

    stated: Mapping[Polarity, tuple[str, ...]]
    inherited: Mapping[Polarity, int]


def bearers(know: Knowledge, feature: str) -> Bearers:
    """
    Raises:
        UnknownFeature: no feature has this id.
    """
    know.feature(feature)
    stated: dict[Polarity, list[str]] = {}
    inherited: Counter[Polarity] = Counter()
    for id_, concept in know.concepts.items():
        polarity = know.profile(id_).get(feature)
        if polarity is None:
            continue
        if any(own == feature for own, _ in concept.profile):
            stated.setdefault(polarity, []).append(id_)
        else:
            inherited[polarity] += 1
    return Bearers({p: tuple(sorted(ids, key=know.label)) for p, ids in stated.items()}, inherited)


def shown(know: Knowledge) -> Counter[str]:
    """Feature id -> how many concepts it may be seen in, those that inherit it among them."""
    return Counter(
        feature for id_ in know.concepts for feature, polarity in know.profile(id_).items() if polarity.supports
    )


def decided(know: Knowledge, feature: str) -> tuple[Differential, ...]:
    """The differentials that name a feature as telling the two apart."""
    return tuple(edge for edge in know.differentials if feature in edge.features)
