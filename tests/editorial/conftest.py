from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kg_service.core.change import Change
from kg_service.editorial import repository
from kg_service.editorial.actor import Actor
from kg_service.editorial.desk import Desk
from kg_service.editorial.models import Proposal
from kg_service.editorial.opening import open_data
from kg_service.editorial.working import Head
from kg_service.settings import Settings
from kg_service.store.turtle import read_nquads

from ..live import ROOT

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ANA = Actor("ana", "editor")
EVA = Actor("eva", "editor", trusted=True)
BOB = Actor("bob", "reviewer", trusted=True)
CLEO = Actor("cleo", "reviewer", trusted=True)
RAY = Actor("ray", "reader")
EXAMPLE = ROOT / "tests" / "fixtures" / "mini"


@dataclass
class Office:
    """A desk with its database, and short ways to speak to it."""

    desk: Desk

    def propose(self, *changes: Change, who: Actor = ANA, base: int | None = None) -> Proposal:
        return self.desk.propose(who, changes, message="because", base=base, now=NOW)

    def accept(self, number: int, who: Actor = BOB) -> Proposal:
        return self.desk.review(who, number, "accept", "", now=NOW)

    def edit(self, *changes: Change) -> Proposal:
        """Proposed by one, accepted by another."""
        return self.accept(self.propose(*changes).number)

    def lines(self) -> list[str]:
        with self.desk.database.reading() as session:
            return repository.current_lines(session)

    def seq(self) -> int:
        with self.desk.database.reading() as session:
            return repository.last_seq(session)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    opened = open_data(Settings(data=tmp_path / "data", ontologies=EXAMPLE), now=NOW)
    with opened.database.reading() as session:
        shapes = read_nquads(repository.shapes(session))
    yield Office(Desk(opened.database, Head((opened.knowledge, opened.release.seq)), lambda: shapes))
    opened.database.close()
