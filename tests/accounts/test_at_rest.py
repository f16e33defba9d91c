"""What lies in the files of the database, and how it is found there."""

from __future__ import annotations

from pathlib import Path

from kg_service.editorial.accounts.attempts import begin
from kg_service.editorial.accounts.tokens import issue_token
from kg_service.editorial.database import Database

from .conftest import NOW


def test_a_token_is_kept_as_a_hash_only(database: Database, tmp_path: Path):
    token = issue_token(database, "editor", name="ana", now=NOW)
    assert token != issue_token(database, "editor", name="ana", now=NOW)
    database.close()
    assert all(token.encode() not in path.read_bytes() for path in tmp_path.iterdir())


def test_what_was_typed_as_a_name_is_not_kept(database: Database, tmp_path: Path):
    begin(database, "my secret password in the wrong field", "192.0.2.1", now=NOW)
    database.close()
    assert all(b"wrong field" not in path.read_bytes() for path in tmp_path.iterdir())


def test_nobody_else_may_read_the_files(database: Database, tmp_path: Path):
    issue_token(database, "editor", name="ana", now=NOW)
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


def test_looking_a_token_up_uses_an_index(database: Database):
    statement = "SELECT * FROM account JOIN token ON token.account = account.id WHERE token.hash = 'x'"
    with database.reading() as session:
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all()
    assert all("SCAN" not in str(row) for row in plan)
