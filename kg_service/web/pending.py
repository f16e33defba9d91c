"""Which concepts open proposals are about: the marks that tell an editor that somebody else is at it already."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping

from sqlmodel import Session, col, select

from ..core.content import Content
from ..core.facets import overwritten
from ..editorial import proposals, workflow
from ..editorial.models import Proposal, Touch
from ..store.statement import BASE


class Pending:
    """Safe to share between threads. What a proposal is about never alters, so it is worked out once."""

    def __init__(self) -> None:
        self._about: dict[int, frozenset[str]] = {}
        self._lock = threading.Lock()

    def by_concept(self, session: Session, content: Content) -> Mapping[str, tuple[int, ...]]:
        """Concept id -> the numbers of the open proposals about it, the oldest first. A differential is about both."""
        numbers = session.exec(
            select(Proposal.number).where(Proposal.state == workflow.IN_REVIEW).order_by(col(Proposal.number))
        ).all()
        found: dict[str, list[int]] = defaultdict(list)
        for number in numbers:
            for concept in self._of(session, number, content):
                found[concept].append(number)
        with self._lock:
            self._about = {number: about for number, about in self._about.items() if number in numbers}
        return {concept: tuple(about) for concept, about in found.items()}

    def _of(self, session: Session, number: int, content: Content) -> frozenset[str]:
        about = self._about.get(number)
        if about is None:
            about = _about(session, proposals.get(session, number), content)
            with self._lock:
                self._about[number] = about
        return about


def _about(session: Session, proposal: Proposal, content: Content) -> frozenset[str]:
    if proposal.reverts is not None:
        touched = session.exec(select(Touch.iri).where(Touch.seq == proposal.reverts)).all()
        items = [iri.removeprefix(BASE).partition("/") for iri in touched]
        named = [(kind, id_) for kind, _, id_ in items]
    else:
        named = [(facet.kind, facet.id) for facet in overwritten(proposals.changes_of(proposal), content)]
    found: set[str] = set()
    for kind, id_ in named:
        if kind == "concept":
            found.add(id_)
        elif kind == "differential":
            a, _, b = id_.partition("--")
            found |= {a, b}
    return frozenset(found)


def open_count(session: Session) -> int:
    """How many proposals wait for a reviewer."""
    return proposals.count(session, workflow.IN_REVIEW)
