"""A backup is the whole of the data at one moment; it restores into either database, or not at all."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import text

from kg_service.core.errors import BackupInvalid, HistoryBroken, SchemaMismatch
from kg_service.editorial import migrate, repository
from kg_service.editorial.accounts.tokens import issue_token
from kg_service.editorial.backup import LEFT_OUT, write_backup
from kg_service.editorial.database import Database
from kg_service.editorial.opening import open_data
from kg_service.editorial.restore import restore
from kg_service.editorial.verify import findings
from kg_service.settings import Settings
from kg_service.store.statement import Statement

from ..live import MINI, run

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def filled(folder: Path, **more: object) -> Database:
    """A database with a release, a later change, an account and a token."""
    opened = open_data(Settings.model_validate({"data": folder, "ontologies": MINI, **more}), now=NOW)
    edit(opened.database, "a note")
    issue_token(opened.database, "editor", name="Zoë 🩹", now=NOW)
    issue_token(opened.database, "admin", name="ana", now=NOW)
    return opened.database


def edit(database: Database, note: str) -> None:
    with database.writing() as session:
        node = "https://w3id.org/skin-r1/concept/melanoma"
        said = Statement(f"<{node}>", "<http://www.w3.org/2004/02/skos/core#note>", json.dumps(note))
        repository.append_change(session, at="now", author="ana", message=note, added=[said], touched=[node])


def taken(database: Database) -> bytes:
    file = io.BytesIO()
    write_backup(database, file, now=NOW)
    return file.getvalue()


def repacked(payload: bytes, alter: Callable[[dict[str, bytes]], None]) -> io.BytesIO:
    with ZipFile(io.BytesIO(payload)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    alter(members)
    made = io.BytesIO()
    with ZipFile(made, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    made.seek(0)
    return made


def test_what_was_backed_up_is_restored_into_either_database(database: Database, tmp_path: Path):
    source = filled(tmp_path / "source")
    payload = taken(source)
    manifest = restore(database, io.BytesIO(payload))
    assert (manifest.seq, manifest.revision) == (2, migrate.REVISIONS[-1])
    migrate.check(database)
    assert taken(database) == payload, "and back again, to the last byte"
    with database.reading() as session:
        assert findings(session) == []
        assert repository.releases(session)[0].id == "1"
    issue_token(database, "reader", name="a new account after numbered ones", now=NOW)
    edit(database, "life goes on")
    source.close()


def test_neither_tokens_nor_sessions_travel_and_accounts_do(tmp_path: Path):
    source = filled(tmp_path / "source")
    with ZipFile(io.BytesIO(taken(source))) as archive:
        names = set(archive.namelist())
        assert "Zoë 🩹" in archive.read("tables/account.jsonl").decode()
    assert not {f"tables/{name}.jsonl" for name in LEFT_OUT} & names
    assert {*migrate.metadata().tables} - LEFT_OUT == {
        Path(name).stem for name in names if name.startswith("tables/")
    }, "every other table is in it"
    assert migrate.metadata().tables.keys() >= LEFT_OUT
    source.close()


def test_a_backup_under_writers_is_one_moment(database: Database, tmp_path: Path):
    restore(database, io.BytesIO(taken(filled(tmp_path / "source"))))
    stop = threading.Event()

    def write() -> None:
        place = 0
        while not stop.is_set():
            edit(database, f"note {place}")
            place += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        payloads = [taken(database) for _ in range(5)]
    finally:
        stop.set()
        writer.join()
    for place, payload in enumerate(payloads):
        copy = Database(f"sqlite:///{tmp_path}/copy-{place}.db")
        restore(copy, io.BytesIO(payload))  # which verifies it
        copy.close()


def test_a_backup_of_older_tables_is_brought_up_to_date(database: Database, tmp_path: Path):
    old = Database(f"sqlite:///{tmp_path}/old.db")
    with old.restructuring() as connection:
        migrate.upgrade(connection, "0001")
        account = "INSERT INTO account (name, role, password, created, disabled) VALUES ('ana', 'editor', '', '', 1)"
        connection.execute(text(account))
    manifest = restore(database, io.BytesIO(taken(old)))
    assert manifest.revision == "0001"
    migrate.check(database)
    with database.reading() as session:
        assert session.connection().execute(text("SELECT name, disabled FROM account")).all() == [("ana", True)]
    old.close()


def test_only_an_empty_database_is_restored_into(database: Database, tmp_path: Path):
    source = filled(tmp_path / "source")
    payload = taken(source)
    migrate.migrate(database)
    restore(database, io.BytesIO(payload))
    with pytest.raises(BackupInvalid, match="holds data already"):
        restore(database, io.BytesIO(payload))
    source.close()


def forget(members: dict[str, bytes]) -> None:
    del members["tables/change.jsonl"]


def cut(members: dict[str, bytes]) -> None:
    members["tables/quad.jsonl"] = members["tables/quad.jsonl"][:-5]


def alter(members: dict[str, bytes]) -> None:
    members["tables/account.jsonl"] = members["tables/account.jsonl"].replace(b"editor", b"admin")


def newer(members: dict[str, bytes]) -> None:
    members["manifest.json"] = members["manifest.json"].replace(b'"revision": "', b'"revision": "9')


def unknown(members: dict[str, bytes]) -> None:
    members["manifest.json"] = b"[]"


@pytest.mark.parametrize(
    ("change", "error"),
    [(forget, BackupInvalid), (cut, BackupInvalid), (alter, BackupInvalid), (newer, SchemaMismatch),
     (unknown, BackupInvalid)],
)  # fmt: skip
def test_a_damaged_backup_restores_nothing(
    tmp_path: Path, change: Callable[[dict[str, bytes]], None], error: type[Exception]
):
    source, target = filled(tmp_path / "source"), Database(f"sqlite:///{tmp_path}/target.db")
    with pytest.raises(error):
        restore(target, repacked(taken(source), change))
    assert migrate.revision(target) is None
    source.close()
    target.close()


@pytest.mark.parametrize("keep", [0, 10, 1000, -1])
def test_a_backup_that_was_cut_short_is_no_backup(tmp_path: Path, keep: int):
    source, target = filled(tmp_path / "source"), Database(f"sqlite:///{tmp_path}/target.db")
    with pytest.raises(BackupInvalid, match="not a whole backup"):
        restore(target, io.BytesIO(taken(source)[:keep]))
    source.close()
    target.close()


def test_a_forged_log_is_refused_with_every_digest_in_order(database: Database, tmp_path: Path):
    """Whoever alters rows and mends the manifest still has to mend the chain, the statements and the index."""
    source = filled(tmp_path / "source")

    def forged(members: dict[str, bytes]) -> None:
        import hashlib

        rows = members["tables/change.jsonl"].replace(b"a note", b"forged")
        members["tables/change.jsonl"] = rows
        manifest = json.loads(members["manifest.json"])
        manifest["tables"]["change"]["sha256"] = hashlib.sha256(rows).hexdigest()
        members["manifest.json"] = json.dumps(manifest).encode()

    with pytest.raises(HistoryBroken, match="change 2"):
        restore(database, repacked(taken(source), forged))
    assert migrate.revision(database) is None
    source.close()


def test_a_log_that_was_altered_is_not_backed_up(tmp_path: Path):
    source = filled(tmp_path / "source")
    with source.writing() as session:
        session.connection().execute(text("UPDATE change SET author = 'nobody' WHERE seq = 1"))
    with pytest.raises(HistoryBroken, match="change 1"):
        taken(source)
    source.close()


def test_the_verbs_back_up_restore_and_verify(tmp_path: Path):
    filled(tmp_path / "source").close()
    file, source, target = tmp_path / "b" / "skin.zip", tmp_path / "source", tmp_path / "target"
    made = run("backup", "--data", source, "--out", file)
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["seq"] == 2
    assert file.stat().st_mode & 0o077 == 0, "it holds hashes of passwords"
    assert run("restore", file, "--data", target).returncode == 0
    sound = run("verify", "--data", target, "--compile")
    assert (sound.returncode, sound.stdout) == (0, "")
    again = run("restore", file, "--data", target)
    assert (again.returncode, again.stderr.split(":")[0]) == (2, "backup-invalid")
    assert run("restore", tmp_path / "none.zip", "--data", target).returncode == 2
    assert run("backup", "--data", tmp_path / "nothing", "--out", tmp_path / "x.zip").returncode == 2
    assert not (tmp_path / "x.zip").exists()
