"""What a search finds, with the label that matched: people must see why something is offered (ols4#368)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..core.concept import Condition
from ..core.fold import basic, fold
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
    """Concepts by any of their labels; then those with all the words in another order; where there is none, those
    that a slip of the pen may have meant."""
    found: dict[str, Found] = {}
    for id_, label, near in _hits(know, text, limit):
        if id_ not in found:
            found[id_] = _concept(know, id_, _as_typed(know, id_, label, text), near)
        if len(found) >= limit:
            break
    return list(found.values())


def _hits(know: Knowledge, text: str, limit: int) -> Iterator[tuple[str, str, bool]]:
    """(concept, label that matched, whether it is only spelt alike), the best first."""
    some = False
    for id_, label in know.search(text, limit):
        some = True
        yield id_, label, False
    for id_, label in know.labels.search_words(text, limit):
        some = True
        yield id_, label, False
    if not some:
        for respelt in know.labels.respelt(text):
            for id_, label in know.search(respelt, limit) or know.labels.search_words(respelt, limit):
                yield id_, label, True


def _as_typed(know: Knowledge, id_: str, matched: str, text: str) -> str:
    """The label to show as the one that matched: the preferred one where that holds the words too, and of one name in
    several spellings the one that is written as somebody typed it."""
    concept = know.concepts[id_]
    wanted, same, preferred = fold(text), fold(matched), fold(concept.pref_label)
    if preferred == same or (same != wanted and f" {wanted}" in f" {preferred}"):
        return concept.pref_label
    typed = basic(text)
    spelt = [label for label in (*concept.alt_labels, *concept.hidden_labels) if fold(label) == same]
    return min(spelt, key=lambda label: (typed not in basic(label), label != matched), default=matched)


def _concept(know: Knowledge, id_: str, matched: str, near: bool) -> Found:
    label = know.label(id_)
    above = know.lineage(id_)[:-1]
    where = " › ".join(know.label(each) for each in above[-2:])
    return Found(id_, label, "" if matched == label else matched, where, know.condition(id_), near=near)


def find_features(know: Knowledge, text: str, limit: int) -> list[Found]:
    """Features by any of their labels: those that begin so first."""
    wanted = fold(text)
    ranked = []
    for feature in know.features.values() if wanted else ():
        folded = ((fold(label), label) for label in feature.labels)
        hits = [(not form.startswith(wanted), len(form), label) for form, label in folded if wanted in form]
        if hits:
            ranked.append((min(hits), feature))
    ranked.sort(key=lambda pair: (pair[0], pair[1].id))
    return [
        Found(f.id, f.pref_label, "" if hit[2] == f.pref_label else hit[2], f.kind.value, is_concept=False)
        for hit, f in ranked[:limit]
    ]
