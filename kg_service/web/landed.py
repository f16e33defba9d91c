"""Where the labels of datasets land: per concept, which labels name it, and how many images bear them."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlmodel import Session

from ..core.coverage import Coverage, coverage
from ..core.fold import basic
from ..core.knowledge import Knowledge
from ..core.labels import Ambiguous, Resolved
from ..editorial.inbox import datasets


@dataclass(frozen=True, slots=True)
class Landed:
    """One label of a dataset that names a concept. `images`: 0 where nobody registered how many bear it.
    `others`: what else it may mean."""

    dataset: str
    label: str
    images: int
    others: tuple[str, ...] = ()


Landing = Mapping[str, tuple[Landed, ...]]


class Surveys:
    """What takes a moment to count of a whole state of the knowledge, kept for as long as that state is in memory.

    Safe to share between threads: two that count at once find the same.
    """

    def __init__(self) -> None:
        self._landed: WeakKeyDictionary[Knowledge, tuple[object, Landing]] = WeakKeyDictionary()
        self._coverage: WeakKeyDictionary[Knowledge, Coverage] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def landed(self, session: Session, know: Knowledge) -> Landing:
        """Concept id -> the labels that name it, the most images first."""
        stamp = datasets.stamp(session)
        with self._lock:
            kept = self._landed.get(know)
        if kept is None or kept[0] != stamp:
            kept = stamp, _landed(know, datasets.label_counts(session))
            with self._lock:
                self._landed[know] = kept
        return kept[1]

    def coverage(self, know: Knowledge) -> Coverage:
        with self._lock:
            kept = self._coverage.get(know)
        if kept is None:
            kept = coverage(know)
            with self._lock:
                self._coverage[know] = kept
        return kept


def _landed(know: Knowledge, counts: Mapping[tuple[str, str], int]) -> Landing:
    """Registered labels, and those of crosswalks that no registered dataset has."""
    known = {(basic(dataset), basic(label)) for dataset, label in counts}
    stated = {
        (entry.dataset, entry.label): 0
        for entry in know.crosswalk
        if (basic(entry.dataset), basic(entry.label)) not in known
    }
    found: dict[str, list[Landed]] = defaultdict(list)
    for (dataset, label), images in {**counts, **stated}.items():
        match know.resolve(label, dataset=dataset):
            case Resolved(concept):
                found[concept].append(Landed(dataset, label, images))
            case Ambiguous(concepts):
                for concept in concepts:
                    others = tuple(other for other in concepts if other != concept)
                    found[concept].append(Landed(dataset, label, images, others))
    return {
        concept: tuple(sorted(rows, key=lambda row: (-row.images, row.dataset, row.label)))
        for concept, rows in found.items()
    }
