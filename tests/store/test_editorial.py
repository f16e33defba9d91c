from __future__ import annotations

import os
import random
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlmodel import select

from kg_service.core.errors import ConfigInvalid, KnowledgeInvalid, TurtleBroken, UnknownRelease
from kg_service.editorial import migrate, repository
from kg_service.editorial.database import Database
from kg_service.editorial.models import Change
from kg_service.editorial.opening import open_data
from kg_service.editorial.times import timestamp
from kg_service.settings import Settings
from kg_service.store.compile import compile_folder

from ..live import MINI, process_serving, spawn, wait_until_ready
from ..patience import PATIENCE

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def settings(folder: Path, **more: object) -> Settings:
    return Settings.model_validate({"data": folder / "data", "ontologies": MINI, **more})


def expect_whole(database: Database) -> None:
    """Change 1, release "1" and the statements of the mini ontology: all there, and once."""
    compiled = compile_folder(MINI)
    with database.reading() as session:
        assert [row.id for row in repository.releases(session)] == ["1"]
        assert repository.release(session, "latest").digest == compiled.digest
        assert repository.snapshot(session, "1") == compiled.snapshot
        assert repository.last_seq(session) == 1
        assert repository.tampered_changes(session) == []
        lines = "".join(line + "\n" for line in repository.current_lines(session)).encode()
        assert lines == compiled.nquads


def test_the_first_start_imports_the_turtle_as_change_1_and_publishes_release_1(tmp_path: Path):
    opened = open_data(settings(tmp_path), now=NOW)
    assert (opened.release.id, opened.seq, opened.release.at) == ("1", 1, "2026-01-02T03:04:05Z")
    assert opened.knowledge.release == "1"
    assert opened.concept_seqs["melanoma"] == 1
    expect_whole(opened.database)
    opened.database.close()


def test_a_later_start_never_reads_turtle(tmp_path: Path):
    open_data(settings(tmp_path), now=NOW).database.close()
    again = open_data(settings(tmp_path, ontologies=tmp_path / "gone"), now=NOW)
    assert again.release.id == "1"
    again.database.close()


def test_no_data_and_no_turtle_says_what_to_do(tmp_path: Path):
    with pytest.raises(ConfigInvalid, match="--ontologies"):
        open_data(settings(tmp_path, ontologies=tmp_path / "gone"), now=NOW)


@pytest.mark.parametrize(
    ("text", "error"), [("oops", TurtleBroken), ("<http://a> <http://b> <http://c> .", KnowledgeInvalid)]
)
def test_wrong_turtle_stores_nothing_and_can_be_mended(tmp_path: Path, text: str, error: type[Exception]):
    folder = tmp_path / "turtle"
    folder.mkdir()
    (folder / "a.ttl").write_text(text)
    with pytest.raises(error):
        open_data(settings(tmp_path, ontologies=folder), now=NOW)
    opened = open_data(settings(tmp_path), now=NOW)
    expect_whole(opened.database)
    opened.database.close()


def test_an_unknown_release_is_an_error(tmp_path: Path):
    opened = open_data(settings(tmp_path), now=NOW)
    with opened.database.reading() as session, pytest.raises(UnknownRelease, match="'2'"):
        repository.release(session, "2")
    opened.database.close()


def test_an_altered_change_breaks_the_hash_chain(tmp_path: Path):
    opened = open_data(settings(tmp_path), now=NOW)
    with opened.database.writing() as session:
        change = session.exec(select(Change)).one()
        change.author = "somebody else"
        session.add(change)
    with opened.database.reading() as session:
        assert repository.tampered_changes(session) == [1]
    opened.database.close()


def test_an_error_inside_a_writing_block_leaves_nothing(tmp_path: Path):
    database = Database(settings(tmp_path).url)
    migrate.ensure(database)

    def half_done() -> None:
        with database.writing() as session:
            repository.put_shapes(session, b"<a:b> <a:c> <a:d> .", at=timestamp(NOW))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_done()
    with database.reading() as session:
        assert repository.shapes(session) == b""
    database.close()


def test_sqlite_is_durable_and_does_not_block_readers(tmp_path: Path):
    database = Database(settings(tmp_path).url)
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
    database.close()


def test_a_database_that_cannot_be_reached_is_a_configuration_error(tmp_path: Path):
    with pytest.raises(ConfigInvalid, match="the database cannot be used") as caught:
        Database("postgresql+psycopg://u:secret@127.0.0.1:1/none")
    assert "secret" not in str(caught.value)


_KILLED_BEFORE_COMMIT = """
import os, signal, sys
from sqlalchemy import Engine, event
event.listen(Engine, "commit", lambda connection: os.kill(os.getpid(), signal.SIGKILL))
from kg_service.__main__ import main
main(sys.argv[1:])
"""


def test_a_kill_before_the_commit_of_the_first_import_leaves_nothing(tmp_path: Path):
    arguments = ("serve", "--port", "0", "--data", tmp_path / "data", "--ontologies", MINI)
    process = spawn(*arguments, program=("-c", _KILLED_BEFORE_COMMIT))
    process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGKILL
    database = Database(settings(tmp_path).url)
    with database.reading() as session:
        assert not repository.has_tables(session)
    database.close()
    with process_serving(tmp_path / "data") as started:
        assert httpx.get(f"{started.url}/v1/health").json()["seq"] == 1
    database = Database(settings(tmp_path).url)
    expect_whole(database)
    database.close()


def test_a_kill_at_any_moment_of_the_first_start_leaves_all_or_nothing(tmp_path: Path):
    rng = random.Random(5)
    for place in range(4):
        folder = tmp_path / str(place)
        process = spawn("serve", "--port", "0", "--data", folder / "data", "--ontologies", MINI)
        time.sleep(rng.uniform(0.4, 1.6))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=PATIENCE)
        opened = open_data(settings(folder), now=NOW)
        expect_whole(opened.database)
        opened.database.close()


def test_two_services_starting_at_once_on_new_data_agree(tmp_path: Path):
    arguments = ("serve", "--port", "0", "--data", tmp_path / "data", "--ontologies", MINI)
    processes = [spawn(*arguments) for _ in range(2)]
    try:
        lines = {wait_until_ready(process).ready.partition(" ")[2] for process in processes}
        assert len(lines) == 1
    finally:
        for process in processes:
            process.terminate()
            process.communicate(timeout=PATIENCE)
    database = Database(settings(tmp_path).url)
    expect_whole(database)
    database.close()
