"""Which words of the release may stand for a feature or a disease in running text."""

from __future__ import annotations

import re

from kg_service.core.concept import Feature
from kg_service.core.knowledge import Knowledge

from .reading import Reader

# A label that ends like this is an adjective; "there is crusted" is no English.
_ADJECTIVE = re.compile(
    r"(shaped|^arborizing|[a-z]ed|ous|ish|like|atic|tric|trical|ular|scaly|warty|flaky|pearly|firm|itchy|painful|tender|discoid"
    r"|black|brown|red|blue|gray|white|purple|violet|yellow|tan|blue-gray|exophytic|hemispheric|ring-shaped|blanch\w*"
    r"|growing|eroded|erosive|macular|papular|nummular|soft|hard)$",
    re.IGNORECASE,
)
_HUES = frozenset(
    (
        "black",
        "brown",
        "red",
        "blue",
        "gray",
        "grey",
        "white",
        "purple",
        "yellow",
        "violet",
        "tan",
        "pink",
        "bluish",
        "reddish",
    )
)


class Wording:
    """Surface forms that the release's own finder reads back as exactly what was meant.

    `features`, `concepts`: id -> forms that stand in a sentence, the preferred one first. `plain`: feature id -> the
    one name for a bare list, its preferred label wherever that is read back.
    """

    def __init__(self, knowledge: Knowledge, reader: Reader | None = None) -> None:
        reader = reader or Reader(knowledge)
        self.features: dict[str, tuple[str, ...]] = {}
        self.plain: dict[str, str] = {}
        for id_, feature in knowledge.features.items():
            names = [name for name in _nouns(feature) if reader.named(name) == {id_}]
            if names:
                self.features[id_] = tuple(names)
                own = feature.pref_label
                self.plain[id_] = own if reader.named(own) == {id_} else names[0]
        self.concepts: dict[str, tuple[str, ...]] = {}
        for id_, concept in knowledge.concepts.items():
            spoken = [n for n in concept.alt_labels if len(n) > 5 and " " in n and len(n) < 40 and n == n.lower()]
            names = [name for name in (concept.pref_label, *spoken) if reader.named(name) == {id_}]
            if names:
                self.concepts[id_] = tuple(names)


def _nouns(feature: Feature) -> list[str]:
    """The labels that can stand as a noun, the preferred one first; the preferred one where there is no other.

    A synonym that names a hue of its own ("homogeneous blue pigmentation") says more than the feature does.
    """
    hues = _HUES & set(re.split(r"[ -]", feature.pref_label.lower()))
    fit = [
        name
        for name in feature.labels
        if name == name.lower()
        and not _ADJECTIVE.search(name)
        and not re.search(r"[/()]|\b(on|at|not|or|without|no|grows|grew|does|bleeds|blanches)\b", name)
        and set(re.split(r"[ -]", name)) & _HUES <= hues
    ]
    return fit or [feature.pref_label]
