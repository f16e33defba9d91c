"""What a release holds, counted the way an editor asks: how much, where it is thin, what nobody has reviewed."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field

from .concept import REVIEWED
from .knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Branch:
    """One top concept with all beneath it. A concept with several top concepts counts in each."""

    concept: str
    concepts: int
    leaves: int
    labels: int
    with_profile: int
    in_differentials: int
    deepest_level: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """Counts of a release. `unreviewed` is a share in [0, 1]; `isolated` lists leaves that no differential touches."""

    release: str
    digest: str
    concepts: int
    leaves: int
    deepest_level: int
    several_parents: int
    labels: int
    features: int
    feature_kinds: dict[str, int]
    unused_features: tuple[str, ...]
    with_own_profile: int
    differentials: int
    strengths: dict[str, int]
    conditions: dict[str, int]
    matches: dict[str, int]
    crosswalk: dict[str, int]
    unreviewed: float
    branches: tuple[Branch, ...] = field(default=())
    isolated: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def coverage(knowledge: Knowledge) -> Coverage:
    """Count a release."""
    concepts, taxonomy = knowledge.concepts, knowledge.taxonomy
    compared = {end for edge in knowledge.differentials for end in (edge.a, edge.b)}
    used = {feature for concept in concepts.values() for feature, _ in concept.profile}
    used |= {feature for edge in knowledge.differentials for feature in edge.features}
    blocks = [*concepts.values(), *knowledge.features.values(), *knowledge.differentials]
    matches: Counter[str] = Counter()
    for concept in concepts.values():
        for kind, iris in (("exact", concept.exact_match), ("close", concept.close_match)):
            matches.update(f"{kind} {_vocabulary(iri)}" for iri in iris)
    return Coverage(
        release=knowledge.release,
        digest=knowledge.digest,
        concepts=len(concepts),
        leaves=sum(map(taxonomy.is_leaf, concepts)),
        deepest_level=max(map(knowledge.level, concepts), default=0),
        several_parents=sum(len(concept.parents) > 1 for concept in concepts.values()),
        labels=sum(_labels(knowledge, concept) for concept in concepts),
        features=len(knowledge.features),
        feature_kinds=dict(Counter(feature.kind.value for feature in knowledge.features.values()).most_common()),
        unused_features=tuple(feature for feature in knowledge.features if feature not in used),
        with_own_profile=sum(bool(concept.profile) for concept in concepts.values()),
        differentials=len(knowledge.differentials),
        strengths=dict(Counter(edge.strength.value for edge in knowledge.differentials).most_common()),
        conditions=dict(
            Counter(c.value if (c := knowledge.condition(id_)) else "mixed" for id_ in concepts).most_common()
        ),
        matches=dict(sorted(matches.items())),
        crosswalk=dict(sorted(Counter(entry.dataset for entry in knowledge.crosswalk).items())),
        unreviewed=sum(block.review_status != REVIEWED for block in blocks) / len(blocks) if blocks else 0.0,
        branches=tuple(_branch(knowledge, top, compared) for top in taxonomy.tops),
        isolated=tuple(concept for concept in concepts if taxonomy.is_leaf(concept) and concept not in compared),
    )


def _condition(knowledge: Knowledge, concept: str) -> str:
    found = knowledge.condition(concept)
    return found.value if found else "mixed"


def _vocabulary(iri: str) -> str:
    """DOID of …/obo/DOID_1909, ICD10CM of …/ICD10CM/L40."""
    *_, above, last = ["", *iri.rstrip("/").split("/")]
    return last.partition("_")[0] if "_" in last else above


def _labels(knowledge: Knowledge, concept: str) -> int:
    said = knowledge.concepts[concept]
    return 1 + len(said.alt_labels) + len(said.hidden_labels) + len(said.ambiguous_labels)


def _branch(knowledge: Knowledge, top: str, compared: set[str]) -> Branch:
    members = (top, *knowledge.descendants(top))
    return Branch(
        concept=top,
        concepts=len(members),
        leaves=sum(map(knowledge.taxonomy.is_leaf, members)),
        labels=sum(_labels(knowledge, concept) for concept in members),
        with_profile=sum(bool(knowledge.concepts[concept].profile) for concept in members),
        in_differentials=sum(concept in compared for concept in members),
        deepest_level=max(map(knowledge.level, members)),
    )
