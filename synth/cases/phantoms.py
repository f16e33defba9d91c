"""Phantom lesions: which cues a disease shows comes from the release, and what is drawn is what is recorded."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from kg_service.core.case import Case, Finding
from kg_service.core.concept import Polarity
from kg_service.core.errors import ConfigInvalid
from kg_service.core.knowledge import Knowledge

from ..chance import number
from ..settings import Phantom
from .drawing import DRAWABLE

CHANCE = {Polarity.CHARACTERISTIC: 0.95, Polarity.PRESENT: 0.8, Polarity.VARIABLE: 0.35, Polarity.ABSENT: 0.0}
_RANK = {Polarity.CHARACTERISTIC: 0, Polarity.PRESENT: 1, Polarity.VARIABLE: 2}

COLOURS = ("color-black", "color-blue-gray", "color-brown", "color-purple", "color-red", "erythema", "skin-colored")
# Of these only the most typical is drawn: one would hide or contradict the other.
EXCLUSIVE: tuple[tuple[str, ...], ...] = (
    (*COLOURS, "multiple-colors"),
    ("atypical-pigment-network", "homogeneous-pigmentation", "peripheral-pigment-network", "pigment-network"),
    ("color-black", "atypical-pigment-network"),
    ("color-black", "homogeneous-pigmentation"),
    ("color-black", "pigment-network"),
    ("homogeneous-pigmentation", "multiple-colors"),
    ("scale", "silvery-scale"),
    ("annular", "coin-shaped", "irregular-border"),
    ("annular", "peripheral-pigment-network"),
    ("dome-shaped", "nodule"),
)
# Where the first is drawn, nobody looking could swear that the others are not there: they are not called absent.
LOOKS_LIKE: dict[str, tuple[str, ...]] = {
    "annular": ("coin-shaped", "color-red", "erythema", "sharp-border", "central-clearing"),
    "asymmetry": ("irregular-border",),
    "atypical-pigment-network": ("pigment-network", "color-black", "multiple-colors"),
    "blue-gray-ovoid-nests": ("color-blue-gray", "multiple-colors"),
    "blue-white-veil": ("color-blue-gray", "multiple-colors"),
    "central-clearing": ("annular",),
    "coin-shaped": ("annular", "sharp-border"),
    "color-black": ("homogeneous-pigmentation",),
    "color-red": ("erythema",),
    "comedo-like-openings": ("color-black",),
    "dark-lacunae": ("color-black", "color-purple"),
    "erythema": ("color-red",),
    "homogeneous-pigmentation": ("sharp-border",),
    "irregular-border": ("asymmetry", "sharp-border"),
    "keratin-mass": ("crust", "scale"),
    "leaf-like-areas": ("color-brown", "color-black"),
    "moth-eaten-border": ("irregular-border", "sharp-border"),
    "multiple-colors": COLOURS,
    "nodule": ("dome-shaped",),
    "dome-shaped": ("nodule",),
    "peripheral-pigment-network": ("pigment-network", "color-brown"),
    "peripheral-scale": ("scale",),
    "pigment-network": ("color-brown",),
    "red-lacunae": ("color-red",),
    "silvery-scale": ("scale",),
    "strawberry-pattern": ("color-red", "erythema", "scale"),
    "stuck-on": ("sharp-border",),
    "ulcer": ("color-red",),
    "umbilicated": ("central-clearing",),
    "white-collarette": ("sharp-border",),
}


@dataclass(frozen=True, slots=True)
class Plate:
    """A case that is to be drawn: its cues and the seed of everything else."""

    case: Case
    cues: tuple[str, ...]
    seed: int


def cues_of(profile: Mapping[str, Polarity], chance: random.Random) -> tuple[str, ...]:
    """Draw lots for what one image of a disease shows; at least one characteristic or present cue where it has any.

    Args:
        profile: feature id -> polarity, inherited ones included.
    """
    able = {feature: profile[feature] for feature in sorted(profile) if feature in DRAWABLE}
    drawn = {feature for feature, polarity in able.items() if chance.random() < CHANCE[polarity]}
    for rivals in EXCLUSIVE:
        found = [feature for feature in rivals if feature in drawn]
        if len(found) > 1:
            best = min(_RANK[able[feature]] for feature in found)
            top = [feature for feature in found if _RANK[able[feature]] == best]
            drawn -= set(found) - ({*top} if best == 0 else {chance.choice(top)})
    typical = [feature for feature, polarity in able.items() if polarity is Polarity.CHARACTERISTIC]
    if typical and not drawn & set(typical):
        drawn.add(chance.choice(typical))
    return tuple(sorted(drawn))


def looked_for(disease: str, knowledge: Knowledge) -> set[str]:
    """The drawable features one would look for with this disease in mind: its own and those of what it is taken for."""
    line = knowledge.lineage(disease)
    near = {n.concept for concept in line for n in knowledge.ddx.neighbours(concept)}
    return {feature for concept in (disease, *near) for feature in knowledge.profile(concept) if feature in DRAWABLE}


def findings_of(cues: tuple[str, ...], wanted: set[str]) -> tuple[Finding, ...]:
    """What is seen, and what was looked for and is certainly not there."""
    unsure = {other for cue in cues for other in LOOKS_LIKE.get(cue, ())}
    missing = wanted - set(cues) - unsure
    return (*(Finding(cue, True) for cue in cues), *(Finding(feature, False) for feature in sorted(missing)))


def plates(settings: Phantom, knowledge: Knowledge, seed: int) -> Iterator[Plate]:
    """Every phantom of a configuration, split by split, disease by disease.

    Raises:
        UnknownConcept: a disease is not in the release.
        ConfigInvalid: the release gives a disease no feature that can be drawn.
    """
    blank = [d for d in settings.diseases if not any(
        f in DRAWABLE and p.supports for f, p in knowledge.profile(knowledge.concept(d).id).items())]  # fmt: skip
    if blank:
        raise ConfigInvalid(f"the release gives {', '.join(blank)} no feature that can be drawn; leave them out")
    for split in sorted(settings.counts):
        for disease in settings.diseases:
            count = settings.counts[split]
            coarse = round(count * settings.coarse_share) if split in settings.coarse_splits else 0
            for place in range(count):
                plate = _plate(disease, split, place, knowledge, seed)
                # Spread evenly: with a half, every second case is coarse.
                turned = coarse and (place * coarse) // count != ((place + 1) * coarse) // count
                yield (_coarser(plate, knowledge) if turned else None) or plate


def _plate(disease: str, split: str, place: int, knowledge: Knowledge, seed: int) -> Plate:
    id_ = f"{split}-{disease}-{place:04d}"
    own = number(seed, id_)
    cues = cues_of(knowledge.profile(disease), random.Random(own))
    case = Case(
        id=id_,
        source="phantom",
        image=f"images/{id_}.png",
        label=knowledge.label(disease),
        gold=disease,
        split=split,
        licence="CC0-1.0",
        patient=id_,
        findings=findings_of(cues, looked_for(disease, knowledge)),
    )
    return Plate(case, cues, own)


def _coarser(plate: Plate, knowledge: Knowledge) -> Plate | None:
    """The same image labelled one level up, with only the findings that the group's profile knows.

    None where the group's profile gives no sign that is seen here: there would be nothing to reason from. The
    condition of the disease is stated where the group's members differ in it.
    """
    case = plate.case
    above = knowledge.concept(case.gold).parents[:1]
    if not above:
        return None
    [parent] = above
    profile = knowledge.profile(parent)
    kept = tuple(f for f in case.findings if f.feature in profile and (not f.present or profile[f.feature].supports))
    if not any(finding.present for finding in kept):
        return None
    condition = None if knowledge.condition(parent) else knowledge.condition(case.gold)
    label = knowledge.label(parent)
    return replace(plate, case=replace(case, label=label, gold=parent, condition=condition, findings=kept))
