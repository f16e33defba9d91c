"""Which concepts open proposals are about: the marks that tell an editor that somebody else is at it already."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping

from sqlmodel import Session

from ..core.content import Content
from ..editorial import proposals, workflow
from ..editorial.history import concepts_of


class Pending:
    """Safe to share between threads. What a proposal is about never alters, so it is worked out once."""

    def __init__(self) -> None:
        self._about: dict[int, frozenset[str]] = {}
        self._lock = threading.Lock()

    def by_concept(self, session: Session, content: Content) -> Mapping[str, tuple[int, ...]]:
        """Concept id -> the numbers of the open proposals about it, the oldest first. A differential is about both."""
        numbers = proposals.waiting_numbers(session)
        found: dict[str, list[int]] = defaultdict(list)
        for number in numbers:
            for concept in self._of(session, number, content):
                found[concept].append(number)
        with self._lock:
            self._about = {number: self._about[number] for number in numbers if number in self._about}
        return {concept: tuple(about) for concept, about in found.items()}

    def _of(self, session: Session, number: int, content: Content) -> frozenset[str]:
        about = self._about.get(number)
        if about is None:
            about = concepts_of(session, proposals.get(session, number), content)
            with self._lock:
                self._about[number] = about
        return about


def open_count(session: Session) -> int:
    """How many proposals wait for a reviewer."""
    return proposals.count(session, workflow.IN_REVIEW)
