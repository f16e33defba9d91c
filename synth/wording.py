"""Which words of the release may stand for a feature or a disease in running text, and how they are put into one."""

from __future__ import annotations

import re
from functools import cache

from kg_service.core.concept import Concept, Feature, FeatureKind
from kg_service.core.knowledge import Knowledge

from .reading import Reader

# A label that ends like this is an adjective; "there is crusted" is no English.
_ADJECTIVE = re.compile(
    r"(shaped|colored|^arborizing|[a-z]ed|ous|ish|like|atic|tric|trical|ular|scaly|warty|flaky|pearly|firm|itchy|painful"
    r"|tender|discoid|black|brown|red|blue|gray|white|purple|violet|yellow|tan|green|orange|pink|salmon|blue-gray"
    r"|exophytic|hemispheric|ring-shaped|blanch\w*|growing|eroded|erosive|macular|papular|nummular|soft|hard|friable"
    r"|translucent|acuminate|digitate|guttate|gyrate|filiform)$",
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
# Head nouns that mean the same thing: a synonym with another head may be another thing ("pearly papule").
_SAME = ({"border", "edge"}, {"areas", "structures"}, {"ulcer", "ulceration"})
_HEAD = re.compile(r"\s(?:of|at|on|in|by|gone|within|with|around|that|to|under|after|than)\s.*$")
# Heads that are not counted; "a scale" is an instrument.
_MASS = re.compile(
    r"(ation|ing|ema|osis|ness|gia|asia|pathy|ity|trophy|dactyly|ance|absence|involvement|purpura|scale|crust|growth|onset"
    r"|asymmetry|skin|tissue|pain|itch|pruritus|loss|keratin|pallor|exudate|gangrene|fever|malaise|hair|stubble|pigment"
    r"|jaundice|poikiloderma|poliosis|fluorescence|regression|resolution|breakage|sweat|telangiectasia|blood|pus"
    r"|photodistribution|livedo|necrosis|trauma|warmth|stature|distress|bruit)$"
)
_COUNTED = re.compile(r"(appearance|\bring|swelling|anomaly|abnormality|deformity)$")
_PLURAL = re.compile(r"(?<![siu])(?<!en)(?<!scabie)(?<!herpe)s$|lacunae$|striae$|milia$|petechiae$|feet$|teeth$")
_SIGN = re.compile(r"^[A-Z].*\b(sign|phenomenon)$")
# Labels that are the end of a sentence: what it is that is so.
_PREDICATE = ((re.compile("darker|lighter"), "color"), (re.compile("present|seen"), "lesion"),
              (re.compile("triggered|worse|brought"), "course"))  # fmt: skip
_GROUP = re.compile(r"(neoplasm|disease|disorder|tumor|lesion|infection|malformation|eruption|cyst|wart|syndrome)$")
_GROUPS = (("metastasis", "metastases"), ("nevus", "nevi"), ("anomaly", "anomalies"), ("ratosis", "ratoses"),
           ("dermatosis", "dermatoses"), ("oma", "omas"))  # fmt: skip


class Wording:
    """Surface forms that the release's own finder reads back as exactly what was meant.

    `features`: id -> nouns that stand in a sentence, the preferred one first. `plain`: feature id -> the one name for
    a bare list, its preferred label wherever that is read back. `concepts`: id -> preferred label, or the synonym most
    like it where it is not read back ("hand, foot and mouth disease": a label does not reach over a comma). `groups`:
    id -> the name of a group of diseases, in the plural where it has one ("melanocytic neoplasms").
    """

    def __init__(self, knowledge: Knowledge, reader: Reader | None = None) -> None:
        reader = reader or Reader(knowledge)
        self.features: dict[str, tuple[str, ...]] = {}
        self.plain: dict[str, str] = {}
        for id_, feature in knowledge.features.items():
            names = [name for name in _nouns(feature) if reader.named(name) == {id_}]
            if names:
                own = feature.pref_label
                self.features[id_] = tuple(names)
                self.plain[id_] = own if reader.named(own) == {id_} else names[0]
        self.concepts: dict[str, str] = {}
        self.groups: dict[str, str] = {}
        for id_, concept in knowledge.concepts.items():
            if name := _readable(concept, reader):
                self.concepts[id_] = self.groups[id_] = name
                several = _several(name)
                if knowledge.children(id_) and reader.named(several) == {id_}:
                    self.groups[id_] = several


@cache
def is_plural(name: str) -> bool:
    """Whether a verb after this name stands in the plural."""
    return bool(_PLURAL.search(_HEAD.sub("", name)))


@cache
def with_article(name: str) -> str:
    """The name of one thing as a sentence introduces it: "an ulcer", "arborizing vessels", "silvery scale"."""
    head = _HEAD.sub("", name)
    if _PLURAL.search(head) or (_MASS.search(head) and not _COUNTED.search(head)):
        return name
    return f"{'the' if _SIGN.search(head) else article(name)} {name}"


def article(name: str) -> str:
    """ "a" or "an", by the sound of the first letter or figure."""
    vowel = re.match(r"[aeio]|u(?!ni)|8|1[18]\b", name, re.IGNORECASE)
    return "an" if vowel else "a"


def _readable(concept: Concept, reader: Reader) -> str:
    """The name of a disease that is read back as this disease; empty where none is."""
    own = concept.pref_label
    if reader.named(own) == {concept.id}:
        return own
    read = [name for name in concept.alt_labels if reader.named(name) == {concept.id}]
    return max(read, key=lambda name: len(_parts(name) & _parts(own)), default="")


def _several(name: str) -> str:
    """The plural of the name of a group; the name itself where it has none."""
    head = _HEAD.sub("", name)
    if name != name.lower() or re.search(r",|\b(or|and)\b", name):
        return name
    if _GROUP.search(head):
        return f"{head}s{name[len(head) :]}"
    for one, many in _GROUPS:
        if head.endswith(one):
            return f"{head.removesuffix(one)}{many}{name[len(head) :]}"
    return name


def _nouns(feature: Feature) -> list[str]:
    """The labels that can stand as a noun, the preferred one first.

    A preferred label that is an adjective gets a noun. A synonym that says more than the preferred label ("cloudy
    milia-like cysts", "homogeneous blue pigmentation") or names another thing ("pearly papule") is left out.
    """
    own = feature.pref_label
    for start, noun in _PREDICATE:
        if start.match(own):
            return [f"{noun} {own}"]
    if _ADJECTIVE.search(own):
        if own.endswith("colored"):
            return [f"{own} appearance"]
        return [f"{own} {'color' if feature.kind is FeatureKind.COLOR else 'appearance'}"]
    words = _parts(own)
    heads = next((same for same in _SAME if _head(own) in same), {_head(own)})
    return [own] + [
        name
        for name in feature.alt_labels
        if name == name.lower()
        and not _ADJECTIVE.search(name)
        and not re.search(
            r"[/()]|^after\b|\b(on|at|not|or|without|no|absent|cannot|grows|grew|does|bleeds|blanches)\b", name
        )
        and _head(name) in heads
        and not words < _parts(name)
        and _parts(name) & _HUES <= words
    ]


def _head(name: str) -> str:
    return _HEAD.sub("", name).rsplit(" ", 1)[-1]


def _parts(name: str) -> set[str]:
    return set(re.split(r"[ -]", name.lower()))
