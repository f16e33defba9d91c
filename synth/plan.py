"""What a trajectory will say, decided by code before anything is written: kind, distractor, features.

Only what the image shows is used as evidence. Where an image has no annotated findings (most real datasets), the plan
is `typical`: it cites what the release knows about the diseases and asserts nothing about the picture.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kg_service.core.case import Case
from kg_service.core.concept import FeatureKind, Polarity, Strength
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Distractor, FactPack, Kind

from .sites import bound, elsewhere

_RANK = {Polarity.CHARACTERISTIC: 0, Polarity.PRESENT: 1, Polarity.VARIABLE: 2, Polarity.ABSENT: 3}
_NEAR = {Strength.STRONG: 0, Strength.MODERATE: 1, Strength.WEAK: 2}
_SHOWN = (Polarity.CHARACTERISTIC, Polarity.PRESENT)


@dataclass(frozen=True, slots=True)
class Plan:
    """Kind and material of one trajectory.

    `cited`: seen on the image and known of the gold, most typical first. `shared`: of these, what the distractor
    would explain too. `against`: seen, and absent in the distractor. `missing`: looked for and not seen, though the
    distractor shows it. With `typical`, `cited` is what the release knows of the gold, `against` of these what the
    distractor does not have, and `missing` what it has instead. Of `against` and `missing` the strongest reason comes
    first.
    """

    kind: Kind
    distractor: Distractor | None
    cited: tuple[str, ...]
    shared: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    typical: bool = False


def make(
    knowledge: Knowledge, case: Case, pack: FactPack, kind: Kind, chance: random.Random, cited: tuple[int, int]
) -> Plan | None:
    """A plan of this kind, or None where the facts do not carry one.

    Of the pack's distractors the one is taken that the strongest reason speaks against, and of equals the one most
    easily taken for the gold; none that does not occur where the lesion sits, and where that is not known, rather one
    that is bound to no place.

    Args:
        chance: breaks ties and draws how many features are cited.
        cited: fewest and most features to cite in the observation.
    """
    gold = knowledge.profile(pack.gold)
    seen = [finding.feature for finding in pack.findings if finding.present]
    typical = not seen
    if typical:
        known = [feature for feature, polarity in gold.items() if polarity in _SHOWN]
    else:
        known = [feature for feature in seen if feature in gold and gold[feature].supports]
    if not known:
        return None
    known = _ranked(known, lambda feature: (_told(knowledge, feature), _RANK[gold[feature]]), chance)
    count = chance.randint(*cited)
    if kind is Kind.DIRECT:
        return Plan(kind, None, tuple(known[:count]), typical=typical)
    if kind is Kind.REVISE and typical:
        return None  # a first impression needs something that was seen
    looked = gold if typical else [finding.feature for finding in pack.findings if not finding.present]
    weighed = [
        found
        for distractor in pack.distractors
        if not elsewhere(case.site, knowledge.profile(distractor.concept))
        and (found := _against(knowledge, case, kind, distractor, known, looked, count, typical, chance))
    ]
    return min(weighed, key=lambda found: found[0])[1] if weighed else None


def _against(
    knowledge: Knowledge,
    case: Case,
    kind: Kind,
    distractor: Distractor,
    known: list[str],
    looked: Iterable[str],
    count: int,
    typical: bool,
    chance: random.Random,
) -> tuple[tuple[int, ...], Plan] | None:
    """The plan with this distractor and what makes it a poor one, the gravest first."""
    gold, other = knowledge.profile(case.gold), knowledge.profile(distractor.concept)
    edge = knowledge.ddx.between(case.gold, distractor.concept)
    own = frozenset(edge.features) if edge else frozenset[str]()
    against = [feature for feature in known if other.get(feature) is Polarity.ABSENT]
    lacking = (Polarity.ABSENT,) if typical else (Polarity.ABSENT, Polarity.VARIABLE)
    missing = [feature for feature in looked if other.get(feature) in _SHOWN and gold.get(feature) in lacking]
    shared = [feature for feature in known if feature in other and other[feature].supports]
    if not (against or missing) or (kind is Kind.REVISE and not shared):
        return None

    def weak_against(feature: str) -> tuple[int, ...]:
        return _told(knowledge, feature), _RANK[gold[feature]] + (feature not in own)

    def weak_missing(feature: str) -> tuple[int, ...]:
        doubt = gold[feature] is not Polarity.ABSENT
        return _told(knowledge, feature), _RANK[other[feature]] + (feature not in own) + doubt

    against = _best(knowledge, _ranked(against, weak_against, chance))
    missing = _best(knowledge, _ranked(missing, weak_missing, chance))
    shared = _ranked(shared, lambda feature: (_RANK[other[feature]], _RANK[gold[feature]]), chance)
    misleading = [feature for feature in shared if other[feature] in _SHOWN] or shared[:1]
    # What speaks against the distractor is told there; the observation keeps what is left, if anything is. Where
    # nothing was observed, the difference is told of both diseases, of the gold at the end.
    if typical:
        kept = [*against[:1], *(feature for feature in known if feature not in against[:1])]
    else:
        kept = [feature for feature in known if feature not in against[:1]] or known
    weakness = min([weak_against(f) for f in against[:1]] + [weak_missing(f) for f in missing[:1]])
    vague = kind is Kind.REVISE and other[misleading[0]] not in _SHOWN
    abroad = not case.site and bound(other)  # nobody knows whether the lesion sits there
    return (abroad, vague, *weakness, _NEAR[edge.strength] if edge else len(_NEAR)), Plan(
        kind, distractor, tuple(kept[:count]), tuple(misleading[:2]), tuple(against), tuple(missing), typical
    )


def _best(knowledge: Knowledge, ranked: list[str]) -> list[str]:
    """At most two reasons; what is only told is none beside what is seen."""
    return [feature for feature in ranked[:2] if not _told(knowledge, feature)] or ranked[:1]


def _told(knowledge: Knowledge, feature: str) -> int:
    """1 for what one is told (course, pain, history), 0 for what one sees: a picture is read for the latter."""
    return int(knowledge.features[feature].kind is FeatureKind.SYMPTOM)


def _ranked(features: Iterable[str], key: Callable[[str], tuple[int, ...]], chance: random.Random) -> list[str]:
    """In the order of the key, ties broken by lot."""
    listed = sorted(features)
    chance.shuffle(listed)
    return sorted(listed, key=key)
