"""A desk over the mini ontology in a database of its own, and the people at it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kg_service.editorial import repository
from kg_service.editorial.actor import Actor
from kg_service.editorial.desk import Desk
from kg_service.editorial.inbox.inbox import Inbox
from kg_service.editorial.models import Table
from kg_service.editorial.opening import open_data
from kg_service.editorial.working import Head
from kg_service.settings import Settings
from kg_service.store.turtle import read_nquads

from ..live import MINI

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ANNA = Actor("anna", "editor")
BERT = Actor("bert", "reviewer", trusted=True)


BOTH_DATABASES = pytest.mark.parametrize("desk", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    url = request.getfixturevalue("postgres_url") if getattr(request, "param", "") == "postgresql" else ""
    opened = open_data(Settings(data=tmp_path, ontologies=MINI, database_url=url), now=NOW)
    Table.metadata.create_all(opened.database.engine)
    with opened.database.reading() as session:
        shapes = read_nquads(repository.shapes(session))
    yield Desk(opened.database, Head((opened.knowledge, opened.release.seq)), lambda: shapes)
    opened.database.close()


@pytest.fixture
def inbox(desk: Desk) -> Inbox:
    return Inbox(desk)
