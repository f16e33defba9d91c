"""A database that is gone, full or busy is said to be so, nothing is half-written, and service returns by itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from kg_service.core.errors import StorageUnavailable
from kg_service.editorial import migrate
from kg_service.editorial.accounts.tokens import issue_token
from kg_service.editorial.database import Database

from ..live import serving
from ..patience import PATIENCE
from ..postgres import Cluster, postgres_cluster
from .databases import url_of


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with postgres_cluster() as made:
        yield made


def add_entity(database: Database, iri: str, *, size: int = 0) -> None:
    with database.writing() as session:
        statement = text("INSERT INTO entity (iri, seq) VALUES (:iri, 1)")
        session.connection().execute(statement, {"iri": iri + "x" * size})
        session.connection().execute(statement, {"iri": iri + " again" + "x" * size})


def entities(database: Database) -> int:
    with database.reading() as session:
        return session.connection().execute(text("SELECT COUNT(*) FROM entity")).scalar_one()


def test_a_full_disk_is_a_clear_error_and_nothing_is_half_written(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path}/skin.db")
    migrate.migrate(database)
    add_entity(database, "before")

    def small(connection, _record) -> None:
        [pages] = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 1}").close()

    database.engine.dispose()
    event.listen(database.engine, "connect", small)
    with pytest.raises(StorageUnavailable, match="no space left"):
        add_entity(database, "big", size=100_000)
    assert entities(database) == 2
    event.remove(database.engine, "connect", small)
    database.engine.dispose()
    add_entity(database, "big", size=100_000)
    assert entities(database) == 4
    database.close()


def test_a_writer_that_waits_too_long_is_told_so_and_readers_go_on(database: Database):
    migrate.migrate(database)
    hurried = Database(database.engine.url.render_as_string(hide_password=False), wait=0.3)
    with database.writing():
        with pytest.raises(StorageUnavailable, match="hold it for too long"):
            add_entity(hurried, "late")
        assert entities(hurried) == 0
    add_entity(hurried, "in time")
    assert entities(database) == 2
    hurried.close()


def test_writers_of_several_programs_all_get_their_turn(database: Database):
    migrate.migrate(database)
    url = database.engine.url.render_as_string(hide_password=False)
    others = [Database(url, wait=PATIENCE) for _ in range(3)]

    def work(own: Database, name: str) -> None:
        for place in range(10):
            add_entity(own, f"{name}-{place}")

    threads = [threading.Thread(target=work, args=(own, f"{n}-{t}")) for n, own in enumerate(others) for t in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert entities(database) == 2 * 10 * len(threads)
    for own in others:
        own.close()


def test_a_reader_sees_one_state_however_long_it_reads(database: Database):
    migrate.migrate(database)
    with database.reading() as session:
        count = text("SELECT COUNT(*) FROM entity")
        assert session.connection().execute(count).scalar_one() == 0
        add_entity(database, "meanwhile")
        assert session.connection().execute(count).scalar_one() == 0
    assert entities(database) == 2


def test_a_defect_is_not_taken_for_a_database_that_is_gone(database: Database):
    with pytest.raises((OperationalError, ProgrammingError)), database.reading() as session:
        session.connection().execute(text("SELECT nothing FROM nowhere"))


def test_a_connection_that_breaks_in_the_middle_of_an_edit_stores_nothing(cluster: Cluster):
    database = Database(url_of(cluster.url))
    migrate.migrate(database)

    def interrupted() -> None:
        with database.writing() as session:
            session.connection().execute(text("INSERT INTO entity (iri, seq) VALUES ('half', 1)"))
            cluster.stop()

    try:
        with pytest.raises(StorageUnavailable, match="look before you repeat it"):
            interrupted()
        with pytest.raises(StorageUnavailable, match="connection broke"):
            entities(database)
    finally:
        cluster.start()
    assert entities(database) == 0
    add_entity(database, "whole")
    assert entities(database) == 2
    database.close()


def test_a_service_outlives_its_database_and_finds_it_again(cluster: Cluster, tmp_path: Path):
    database = Database(url_of(cluster.url))
    migrate.migrate(database)
    token = issue_token(database, "admin", name="ana", now=datetime.now(UTC))
    database.close()
    headers = {"Authorization": f"Bearer {token}"}
    with (
        serving(tmp_path, database_url=cluster.url) as url,
        httpx.Client(base_url=url, headers=headers) as http,
    ):
        assert http.get("/v1/ready").status_code == 200
        cluster.stop()
        try:
            edit = {"name": "bob", "role": "reader"}
            for gone in (http.get("/v1/releases"), http.get("/v1/ready"), http.post("/v1/accounts", json=edit)):
                assert (gone.status_code, gone.json()["code"]) == (503, "storage-unavailable")
                assert int(gone.headers["retry-after"]) > 0
                assert "127.0.0.1" not in gone.text, "where the database lies is nobody's business"
            assert http.get("/v1/concepts/melanoma").status_code == 200, "the release in memory needs no database"
            assert http.get("/v1/health").status_code == 200
            assert "skin_r1_database_up 0.0" in http.get("/metrics").text
        finally:
            cluster.start()
        assert http.get("/v1/ready").status_code == 200
        assert http.post("/v1/accounts", json=edit).status_code == 201, "nothing of the refused edit was stored"
