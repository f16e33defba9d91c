"""What a trajectory will say, decided by code before anything is written: kind, distractor, features.

Only what the image shows is used as evidence. Where an image has no annotated findings (most real datasets), the plan
is `typical`: it cites what the release knows about the diseases and asserts nothing about the picture.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from kg_service.core.case import Case
from kg_service.core.concept import SHOWN, FeatureKind, Polarity, Strength
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Distractor, FactPack, Kind

from .sites import bound, elsewhere

_RANK = {Polarity.CHARACTERISTIC: 0, Polarity.PRESENT: 1, Polarity.VARIABLE: 2, Polarity.ABSENT: 3}
_NEAR = {Strength.STRONG: 0, Strength.MODERATE: 1, Strength.WEAK: 2}


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
        known = [feature for feature, polarity in gold.items() if polarity in SHOWN]
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
        if not (case.site and _abroad(knowledge, case.site, distractor.concept))
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
    both = pair(knowledge, case.gold, distractor.concept)
    against = [feature for feature in known if feature in both.against]
    lacking = both.lacks if typical else both.may_lack
    missing = [feature for feature in looked if feature in lacking]
    shared = [feature for feature in known if feature in both.shared]
    if not (against or missing) or (kind is Kind.REVISE and not shared):
        return None
    against = _best(knowledge, _ranked(against, both.against.__getitem__, chance))
    missing = _best(knowledge, _ranked(missing, lacking.__getitem__, chance))
    shared = _ranked(shared, both.shared.__getitem__, chance)
    misleading = [feature for feature in shared if feature in both.shown] or shared[:1]
    # What speaks against the distractor is told there; the observation keeps what is left, if anything is. Where
    # nothing was observed, the difference is told of both diseases, of the gold at the end.
    if typical:
        kept = [*against[:1], *(feature for feature in known if feature not in against[:1])]
    else:
        kept = [feature for feature in known if feature not in against[:1]] or known
    weakness = min([both.against[f] for f in against[:1]] + [lacking[f] for f in missing[:1]])
    vague = kind is Kind.REVISE and misleading[0] not in both.shown
    abroad = not case.site and both.bound  # nobody knows whether the lesion sits there
    return (abroad, vague, *weakness, both.distance), Plan(
        kind, distractor, tuple(kept[:count]), tuple(misleading[:2]), tuple(against), tuple(missing), typical
    )


@dataclass(frozen=True, slots=True)
class Pair:
    """What a gold and a distractor make of each feature, whatever the case: feature id -> rank, the strongest first.

    `against`: absent in the distractor. `may_lack`: shown by the distractor, and absent or variable in the gold;
    `lacks`: of these the absent. `shared`: of both. `shown`: by the distractor. `distance`: how far apart the two are.
    """

    against: dict[str, tuple[int, ...]]
    may_lack: dict[str, tuple[int, ...]]
    lacks: dict[str, tuple[int, ...]]
    shared: dict[str, tuple[int, ...]]
    shown: frozenset[str]
    bound: bool
    distance: int


@lru_cache(maxsize=1 << 14)
def pair(knowledge: Knowledge, gold_id: str, other_id: str) -> Pair:
    gold, other = knowledge.profile(gold_id), knowledge.profile(other_id)
    edge = knowledge.ddx.between(gold_id, other_id)
    own = frozenset(edge.features) if edge else frozenset[str]()
    doubtful = (Polarity.ABSENT, Polarity.VARIABLE)
    both = [feature for feature in gold if feature in other]
    may_lack = {
        feature: (_told(knowledge, feature),
                  _RANK[other[feature]] + (feature not in own) + (gold[feature] is not Polarity.ABSENT))
        for feature in both if other[feature] in SHOWN and gold[feature] in doubtful
    }  # fmt: skip
    return Pair(
        against={feature: (_told(knowledge, feature), _RANK[gold[feature]] + (feature not in own))
                 for feature in both if other[feature] is Polarity.ABSENT},
        may_lack=may_lack,
        lacks={feature: rank for feature, rank in may_lack.items() if gold[feature] is Polarity.ABSENT},
        shared={feature: (_RANK[other[feature]], _RANK[gold[feature]]) for feature in both if other[feature].supports},
        shown=frozenset(feature for feature in both if other[feature] in SHOWN),
        bound=bound(other),
        distance=_NEAR[edge.strength] if edge else len(_NEAR),
    )  # fmt: skip


def _best(knowledge: Knowledge, ranked: list[str]) -> list[str]:
    """At most two reasons; what is only told is none beside what is seen."""
    return [feature for feature in ranked[:2] if not _told(knowledge, feature)] or ranked[:1]


@lru_cache(maxsize=1 << 14)
def _abroad(knowledge: Knowledge, site: str, concept: str) -> bool:
    return elsewhere(site, knowledge.profile(concept))


def _told(knowledge: Knowledge, feature: str) -> int:
    """1 for what one is told (course, pain, history), 0 for what one sees: a picture is read for the latter."""
    return int(knowledge.features[feature].kind is FeatureKind.SYMPTOM)


def _ranked(features: Iterable[str], key: Callable[[str], tuple[int, ...]], chance: random.Random) -> list[str]:
    """In the order of the key, ties broken by lot."""
    listed = sorted(features)
    chance.shuffle(listed)
    return sorted(listed, key=key)
