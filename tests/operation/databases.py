"""Both databases for a test: an SQLite file and an empty PostgreSQL one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kg_service.editorial.database import Database
from kg_service.settings import Settings

from ..patience import PATIENCE


def url_of(given: str) -> str:
    """An SQLAlchemy URL, as the settings make it."""
    return Settings(database_url=given).url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path) -> Iterator[Database]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/data/skin.db"
    else:
        url = url_of(request.getfixturevalue("empty_postgres_url"))
    made = Database(url, wait=PATIENCE)
    yield made
    made.close()
