"""Where a lesion sits, in the words of the datasets, and which diseases do not occur there."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kg_service.core.concept import SHOWN, Polarity

_FACE = ("beard-site", "eyelid-site", "facial-distribution", "lip-site", "nose-site")
_TRUNK = ("back-site", "buttock-site", "chest-site", "inframammary-site", "nipple-site", "trunk-site", "umbilical-site")
_HAND = ("finger-site", "hand-site", "nail-unit-site", "palm-site")
_FOOT = ("ankle-site", "foot-site", "nail-unit-site", "sole-site", "toe-web-site")
_GENITAL = ("genital-site", "groin-site", "penile-site", "perianal-site", "scrotal-site", "vulvar-site")
# A word of a dataset's site -> the site features of the release that lie there.
_WITHIN: dict[str, tuple[str, ...]] = {
    "abdomen": ("trunk-site", "umbilical-site"),
    "acral": (*_HAND, *_FOOT),
    "arm": ("elbow-site", "upper-arm-site"),
    "back": ("back-site", "trunk-site"),
    "buttocks": ("buttock-site", "trunk-site"),
    "chest": ("chest-site", "inframammary-site", "nipple-site", "trunk-site"),
    "ear": ("ear-site",),
    "face": _FACE,
    "foot": _FOOT,
    "forearm": ("elbow-site",),
    "genital": _GENITAL,
    "hand": _HAND,
    "head": (*_FACE, "ear-site", "scalp-site"),
    "lip": ("facial-distribution", "lip-site", "mucosal-involvement"),
    "lower extremity": (*_FOOT, "knee-site", "lower-leg-site", "thigh-site"),
    "neck": ("neck-site",),
    "nose": ("facial-distribution", "nose-site"),
    "oral": ("buccal-site", "lip-site", "mucosal-involvement", "tongue-site"),
    "palms": _HAND,
    "scalp": ("scalp-site",),
    "soles": _FOOT,
    "thigh": ("groin-site", "thigh-site"),
    "torso": (*_TRUNK, "axilla-site"),
    "trunk": (*_TRUNK, "axilla-site"),
    "upper extremity": (*_HAND, "axilla-site", "elbow-site", "upper-arm-site"),
}
_NAMED = re.compile(rf"\b({'|'.join(_WITHIN)})\b")
_SITES = frozenset(site for sites in _WITHIN.values() for site in sites)


def elsewhere(site: str, profile: Mapping[str, Polarity]) -> bool:
    """Whether a disease is at home in other places than this one, and in none that lies here.

    A disease bound to no place, or a site that no table knows, is never elsewhere.
    """
    here = {feature for word in _NAMED.findall(site.lower()) for feature in _WITHIN[word]}
    if not here:
        return False
    return bound(profile) and not any(feature in here and profile[feature].supports for feature in profile)


def bound(profile: Mapping[str, Polarity]) -> bool:
    """Whether a disease has its home in certain places."""
    return any(feature in _SITES and polarity in SHOWN for feature, polarity in profile.items())


def where(site: str) -> str:
    """A site with its preposition: "on the back", "in the genital region"."""
    named = site.lower()
    if "/" in named or named.endswith("al"):
        return f"in the {named} region"
    return f"on the {named}"
