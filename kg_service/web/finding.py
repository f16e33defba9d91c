"""What a search finds, with the label that matched: people must see why something is offered (ols4#368)."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.concept import Condition
from ..core.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Found:
    """One thing found. `matched` is the label that matched, empty where it is the preferred one; `near` says that no
    label holds the words and this is only spelt alike."""

    id: str
    label: str
    matched: str
    where: str
    condition: Condition | None = None
    is_concept: bool = True
    near: bool = False


def find_concepts(know: Knowledge, text: str, limit: int) -> list[Found]:
    """Concepts by any of their labels; where none holds the words, by likeness."""
    hits = [(id_, label, False) for id_, label in know.search(text, limit)]
    if not hits and text.strip():
        hits = [(id_, label, True) for id_, label, _ in know.suggest(text, min(limit, 5))]
    return [_concept(know, *hit) for hit in hits]


def _concept(know: Knowledge, id_: str, matched: str, near: bool) -> Found:
    label = know.label(id_)
    above = know.lineage(id_)[:-1]
    where = " › ".join(know.label(each) for each in above[-2:])
    return Found(id_, label, "" if matched == label else matched, where, know.condition(id_), near=near)


def find_features(know: Knowledge, text: str, limit: int) -> list[Found]:
    """Features by any of their labels: those that begin so first."""
    wanted = " ".join(text.casefold().split())
    ranked = []
    for feature in know.features.values() if wanted else ():
        hits = [
            (not label.casefold().startswith(wanted), len(label), label)
            for label in feature.labels
            if wanted in label.casefold()
        ]
        if hits:
            best = min(hits)
            ranked.append((best, feature))
    ranked.sort(key=lambda pair: (pair[0], pair[1].id))
    return [
        Found(f.id, f.pref_label, "" if hit[2] == f.pref_label else hit[2], f.kind.value, is_concept=False)
        for hit, f in ranked[:limit]
    ]
