"""What a trajectory will say, decided by code before anything is written: kind, distractor, features.

Only what the image shows is used as evidence. Where an image has no annotated findings (most real datasets), the plan
is `typical`: it cites what the release knows about the diseases and asserts nothing about the picture.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kg_service.core.concept import Polarity
from kg_service.core.trajectory import Distractor, FactPack, Kind

from .facts import profile_of

_RANK = {Polarity.CHARACTERISTIC: 0, Polarity.PRESENT: 1, Polarity.VARIABLE: 2, Polarity.ABSENT: 3}
_SHOWN = (Polarity.CHARACTERISTIC, Polarity.PRESENT)


@dataclass(frozen=True, slots=True)
class Plan:
    """Kind and material of one trajectory.

    `cited`: seen on the image and known of the gold, most typical first. `shared`: of these, what the distractor
    would explain too. `against`: seen, and absent in the distractor. `missing`: looked for and not seen, though the
    distractor shows it. With `typical`, `cited` is what the release knows of the gold, `against` of these what the
    distractor does not have, and `missing` what it has instead.
    """

    kind: Kind
    distractor: Distractor | None
    cited: tuple[str, ...]
    shared: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    typical: bool = False


def make(pack: FactPack, kind: Kind, chance: random.Random, cited: tuple[int, int]) -> Plan | None:
    """A plan of this kind, or None where the facts do not carry one.

    Args:
        chance: breaks ties and draws how many features are cited.
        cited: fewest and most features to cite in the observation.
    """
    gold = profile_of(pack, pack.gold)
    seen = [finding.feature for finding in pack.findings if finding.present]
    typical = not seen
    known = [f for f in (gold if typical else seen) if f in gold and gold[f].supports]
    if typical:
        known = [feature for feature in known if gold[feature] in _SHOWN]
    if not known:
        return None
    ranked = _ranked(known, gold, chance)
    count = chance.randint(*cited)
    if kind is Kind.DIRECT:
        return Plan(kind, None, tuple(ranked[:count]), typical=typical)
    if kind is Kind.REVISE and typical:
        return None  # a first impression needs something that was seen
    for distractor in pack.distractors:
        plan = _against(pack, kind, distractor, ranked, gold, count, typical, chance)
        if plan is not None:
            return plan
    return None


def _against(
    pack: FactPack,
    kind: Kind,
    distractor: Distractor,
    known: list[str],
    gold: Mapping[str, Polarity],
    count: int,
    typical: bool,
    chance: random.Random,
) -> Plan | None:
    other = profile_of(pack, distractor.concept)
    against = [feature for feature in known if other.get(feature) is Polarity.ABSENT]
    looked = gold if typical else [finding.feature for finding in pack.findings if not finding.present]
    missing = [
        feature
        for feature in looked
        if other.get(feature) in _SHOWN
        and gold.get(feature) in ((Polarity.ABSENT,) if typical else (Polarity.ABSENT, Polarity.VARIABLE))
    ]
    if not against and not missing:
        return None
    shared = [feature for feature in known if feature in other and other[feature].supports]
    if kind is Kind.REVISE and not shared:
        return None
    missing = _ranked(missing, other, chance)
    # What speaks against the distractor is told there; the observation keeps what is left, if anything is.
    kept = [feature for feature in known if feature not in against[:1]] or known
    return Plan(
        kind, distractor, tuple(kept[:count]), tuple(shared[:2]), tuple(against[:2]), tuple(missing[:2]), typical
    )


def _ranked(features: Iterable[str], profile: Mapping[str, Polarity], chance: random.Random) -> list[str]:
    """Most typical first, ties broken by lot."""
    listed = sorted(features)
    chance.shuffle(listed)
    return sorted(listed, key=lambda feature: _RANK[profile[feature]])
