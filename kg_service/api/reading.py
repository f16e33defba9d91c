"""One release as the API shows it: concepts, features and differentials, serialised once and kept as bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from ..core.concept import Concept, Feature
from ..core.ddx import Contrast
from ..core.errors import UnknownConcept
from ..core.knowledge import Knowledge
from ..editorial.repository import ReleaseRow


def to_json(value: object) -> bytes:
    # A lone surrogate in a text must not make the answer fail, so texts are escaped where they are not UTF-8.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


class Reading:
    """What the reading routes answer from. Immutable but for its memo of bytes.

    Args:
        knowledge: the release in memory.
        release: its row.
        concept_seqs: concept id -> the last change that touched it.
    """

    def __init__(self, knowledge: Knowledge, release: ReleaseRow, *, concept_seqs: Mapping[str, int]) -> None:
        self.knowledge = knowledge
        self.release = release
        self._concept_seqs = concept_seqs
        self._concepts: dict[str, tuple[bytes, str]] = {}

    # -- concepts ------------------------------------------------------------------------------------------------

    def concept(self, id_: str) -> tuple[bytes, str]:
        """A concept's JSON and its strong ETag: the change that touched it last, and what it looks like now.

        Raises:
            UnknownConcept: no concept has this id.
        """
        kept = self._concepts.get(id_)
        if kept is None:
            body = to_json(self._concept(self.knowledge.concept(id_)))
            seq = self._concept_seqs.get(id_, self.release.seq)
            kept = self._concepts[id_] = body, f'"{seq}-{hashlib.sha256(body).hexdigest()[:16]}"'
        return kept

    def concepts(self, ids: Iterable[str], *, cursor: str | None = None) -> bytes:
        """`{"items": [concept…], "next": cursor}`."""
        items = b",".join(self.concept(id_)[0] for id_ in ids)
        return b'{"items":[' + items + b'],"next":' + to_json(cursor) + b"}"

    def _concept(self, concept: Concept) -> dict[str, object]:
        know = self.knowledge
        condition = know.condition(concept.id)
        if condition is None:
            status = "mixed"
        else:
            status = "own" if concept.condition is not None else "derived"
        return {
            "id": concept.id,
            "prefLabel": concept.pref_label,
            "altLabels": list(concept.alt_labels),
            "ambiguousLabels": list(concept.ambiguous_labels),
            "condition": condition,
            "conditionStatus": status,
            "level": know.level(concept.id),
            "parents": list(concept.parents),
            "children": list(know.children(concept.id)),
            "definition": concept.definition,
            "features": self._profile(concept.id),
            "exactMatch": list(concept.exact_match),
            "closeMatch": list(concept.close_match),
            "source": concept.source,
            "reviewStatus": concept.review_status,
        }

    def _profile(self, id_: str) -> list[dict[str, str]]:
        """The profile with where each statement stands: on the concept itself or on a group above it."""
        stated: dict[str, str] = {}
        for above in self.knowledge.lineage(id_):
            stated.update((feature, above) for feature, _ in self.knowledge.concepts[above].profile)
        profile = self.knowledge.profile(id_)
        return [
            {"feature": feature, "polarity": profile[feature], "from": stated[feature]} for feature in sorted(profile)
        ]

    # -- differentials -------------------------------------------------------------------------------------------

    def ddx(self, id_: str) -> dict[str, object]:
        return {
            "items": [
                {
                    "concept": neighbour.concept,
                    "prefLabel": self.knowledge.label(neighbour.concept),
                    "strength": neighbour.strength,
                    "features": [_contrast(contrast) for contrast in neighbour.features],
                    "source": neighbour.source,
                    "reviewStatus": neighbour.review_status,
                }
                for neighbour in self.knowledge.ddx.neighbours(id_)
            ]
        }

    def distractors(self, id_: str) -> dict[str, object]:
        via, candidates = self.knowledge.ddx.distractors(id_)
        return {"via": via, "items": [{"concept": c, "prefLabel": self.knowledge.label(c)} for c in candidates]}

    def compare(self, a: str, b: str) -> dict[str, object]:
        """Two concepts side by side: where they meet, and every feature that either profile states."""
        know = self.knowledge
        here, there = know.profile(know.concept(a).id), know.profile(know.concept(b).id)
        edge = next((n for n in know.ddx.neighbours(a) if n.concept == b), None)
        rows = [
            {"feature": f, "prefLabel": know.feature(f).pref_label, "here": here.get(f), "there": there.get(f)}
            for f in sorted({*here, *there})
        ]
        return {
            "a": a,
            "b": b,
            "meet": list(know.meet(a, b)),
            "level": know.meet_level(a, b),
            "strength": edge.strength if edge else None,
            "discriminating": [_contrast(contrast) for contrast in edge.features] if edge else [],
            "features": rows,
        }

    # -- features ------------------------------------------------------------------------------------------------

    def feature(self, id_: str) -> dict[str, object]:
        """
        Raises:
            UnknownFeature: no feature has this id.
        """
        feature = self.knowledge.feature(id_)
        carriers = [
            {"concept": concept.id, "polarity": polarity}
            for concept in self.knowledge.concepts.values()
            for own, polarity in concept.profile
            if own == id_
        ]
        return {**feature_row(feature), "concepts": carriers}

    def known(self, ids: Iterable[str]) -> None:
        """
        Raises:
            UnknownConcept: one of them is no concept's id; the message names it.
        """
        for id_ in ids:
            if id_ not in self.knowledge.concepts:
                raise UnknownConcept(f"no concept has the id {id_!r}; search for it by name")


def feature_row(feature: Feature) -> dict[str, object]:
    return {
        "id": feature.id,
        "prefLabel": feature.pref_label,
        "altLabels": list(feature.alt_labels),
        "kind": feature.kind,
        "definition": feature.definition,
        "closeMatch": list(feature.close_match),
        "source": feature.source,
        "reviewStatus": feature.review_status,
    }


def _contrast(contrast: Contrast) -> dict[str, str]:
    return {"feature": contrast.feature, "here": contrast.here, "there": contrast.there}
