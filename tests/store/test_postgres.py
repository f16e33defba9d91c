"""The same data on PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from kg_service.editorial.database import Database
from kg_service.editorial.opening import open_data
from kg_service.settings import Settings

from ..live import MINI, serving
from .test_editorial import NOW, expect_whole


def test_postgresql_holds_the_same_release_and_racing_starts_agree(postgres_url: str, tmp_path: Path):
    settings = Settings(data=tmp_path, ontologies=MINI, database_url=postgres_url)
    with ThreadPoolExecutor(3) as pool:
        opened = list(pool.map(lambda _: open_data(settings, now=NOW), range(3)))
    assert {one.release.id for one in opened} == {"1"}
    for one in opened:
        one.database.close()
    database = Database(settings.url)
    expect_whole(database)
    database.close()
    with serving(tmp_path, database_url=postgres_url) as url:
        health = httpx.get(f"{url}/v1/health").json()
        assert (health["release"], health["seq"]) == ("1", 1)
        assert httpx.get(f"{url}/v1/releases/{health['digest']}/snapshot").status_code == 200
    assert not list(tmp_path.iterdir()), "the data folder is not used beside another database"
