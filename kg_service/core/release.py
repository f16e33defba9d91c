"""A release's identity: the canonical snapshot bytes, their digest, and the way back to a `Knowledge`.

The snapshot is JSON with sorted keys and sorted rows, so equal knowledge has equal bytes whatever the order of files,
statements or hash seeds. It holds no date and no release id: the digest names the content alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from .concept import Concept, Condition, CrosswalkEntry, Differential, Feature, FeatureKind, Polarity, Retired, Strength
from .errors import DigestMismatch, KnowledgeInvalid
from .knowledge import Knowledge

FORMAT = "skin-r1-snapshot/1"


def digest_of(payload: bytes) -> str:
    """`sha256:<64 hex digits>` of some bytes."""
    return "sha256:" + hashlib.sha256(payload).hexdigest()


def compile_snapshot(
    concepts: Iterable[Concept],
    features: Iterable[Feature] = (),
    differentials: Iterable[Differential] = (),
    crosswalk: Iterable[CrosswalkEntry] = (),
    retired: Iterable[Retired] = (),
) -> bytes:
    """The canonical bytes of some knowledge, after validating all of it.

    Raises:
        KnowledgeInvalid: see `Knowledge`.
    """
    return snapshot_of(Knowledge(concepts, features, differentials, crosswalk, retired=retired))


def snapshot_of(knowledge: Knowledge) -> bytes:
    """The canonical bytes of a `Knowledge` that already stands."""
    content: dict[str, object] = {
        "format": FORMAT,
        "concepts": [_concept_row(concept) for concept in knowledge.concepts.values()],
        "features": [_feature_row(feature) for feature in knowledge.features.values()],
        "differentials": [
            {
                "a": edge.a,
                "b": edge.b,
                "strength": edge.strength.value,
                "features": sorted(edge.features),
                "source": edge.source,
                "reviewStatus": edge.review_status,
            }
            for edge in knowledge.differentials
        ],
        "crosswalk": [
            {"dataset": e.dataset, "label": e.label, "concepts": sorted(e.concepts), "source": e.source}
            for e in knowledge.crosswalk
        ],
    }
    if knowledge.retired:  # left out where there is none: releases from before this section keep their digest
        content["retired"] = [asdict(gone) for gone in knowledge.retired.values()]
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def load_snapshot(payload: bytes, *, release: str = "", expect: str | None = None) -> Knowledge:
    """Snapshot bytes -> `Knowledge`.

    Args:
        payload: what `compile_snapshot` returned.
        release: the id it was published under.
        expect: the digest it must have, where the caller knows it.

    Raises:
        DigestMismatch: the bytes are not those of `expect`.
        KnowledgeInvalid: the bytes are not a snapshot of this format, or contradict themselves.
    """
    digest = digest_of(payload)
    if expect is not None and expect != digest:
        raise DigestMismatch(
            f"the snapshot has the digest {digest}, but {expect} was asked for. Ask for the release by its own "
            "digest, or delete the damaged copy and pull it again."
        )
    try:
        content: dict[str, Any] = json.loads(payload)
        if content["format"] != FORMAT:
            raise KnowledgeInvalid(f"the snapshot is of format {content['format']!r}; this version reads {FORMAT!r}")
        concepts = [_concept(row) for row in content["concepts"]]
        features = [_feature(row) for row in content["features"]]
        differentials = [
            Differential(
                row["a"],
                row["b"],
                Strength(row["strength"]),
                tuple(row["features"]),
                row["source"],
                row["reviewStatus"],
            )
            for row in content["differentials"]
        ]
        crosswalk = [
            CrosswalkEntry(row["dataset"], row["label"], tuple(row["concepts"]), row["source"])
            for row in content["crosswalk"]
        ]
        retired = [
            Retired(row["id"], row["pref_label"], tuple(row["replaced_by"]), row["note"])
            for row in content.get("retired", ())
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise KnowledgeInvalid(f"these bytes are not a snapshot ({error!r}); pull the release again") from error
    return Knowledge(concepts, features, differentials, crosswalk, retired=retired, release=release, digest=digest)


def _concept_row(concept: Concept) -> dict[str, object]:
    return {
        "id": concept.id,
        "prefLabel": concept.pref_label,
        "altLabels": sorted(concept.alt_labels),
        "hiddenLabels": sorted(concept.hidden_labels),
        "ambiguousLabels": sorted(concept.ambiguous_labels),
        "definition": concept.definition,
        # The order of parents carries meaning only in its first place: the primary parent.
        "parents": [*concept.parents[:1], *sorted(concept.parents[1:])],
        "condition": concept.condition.value if concept.condition else None,
        "profile": {feature: polarity.value for feature, polarity in concept.profile},
        "exactMatch": sorted(concept.exact_match),
        "closeMatch": sorted(concept.close_match),
        "source": concept.source,
        "reviewStatus": concept.review_status,
    }


def _concept(row: dict[str, Any]) -> Concept:
    return Concept(
        id=row["id"],
        pref_label=row["prefLabel"],
        parents=tuple(row["parents"]),
        condition=Condition(row["condition"]) if row["condition"] else None,
        alt_labels=tuple(row["altLabels"]),
        hidden_labels=tuple(row["hiddenLabels"]),
        ambiguous_labels=tuple(row["ambiguousLabels"]),
        definition=row["definition"],
        profile=tuple((feature, Polarity(polarity)) for feature, polarity in sorted(row["profile"].items())),
        exact_match=tuple(row["exactMatch"]),
        close_match=tuple(row["closeMatch"]),
        source=row["source"],
        review_status=row["reviewStatus"],
    )


def _feature_row(feature: Feature) -> dict[str, object]:
    return {
        "id": feature.id,
        "prefLabel": feature.pref_label,
        "altLabels": sorted(feature.alt_labels),
        "kind": feature.kind.value,
        "definition": feature.definition,
        "closeMatch": sorted(feature.close_match),
        "source": feature.source,
        "reviewStatus": feature.review_status,
    }


def _feature(row: dict[str, Any]) -> Feature:
    return Feature(
        id=row["id"],
        pref_label=row["prefLabel"],
        kind=FeatureKind(row["kind"]),
        alt_labels=tuple(row["altLabels"]),
        definition=row["definition"],
        close_match=tuple(row["closeMatch"]),
        source=row["source"],
        review_status=row["reviewStatus"],
    )
