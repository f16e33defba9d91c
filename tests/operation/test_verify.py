"""`verify` finds every way in which the data can differ from its log."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import text

from kg_service.editorial.verify import findings

from ..live import run
from .test_backup import filled


def test_sound_data_has_no_findings_on_either_database(tmp_path: Path, postgres_url: str):
    for more in ({}, {"database_url": postgres_url}):
        database = filled(tmp_path / "data", **more)
        with database.reading() as session:
            assert findings(session, compiling=True) == []
        database.close()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE change SET author = 'nobody' WHERE seq = 1", "change 1 does not follow"),
        ("DELETE FROM change WHERE seq = 2", "do not hold|does not lead to"),
        ("DELETE FROM change WHERE seq = 1", "change 2 does not follow"),
        ("DELETE FROM quad WHERE object = '\"a note\"'", "the log leads to statements that do not hold: .*a note"),
        ("UPDATE quad SET object = '\"altered\"' WHERE object = '\"a note\"'", "does not lead to: .*altered"),
        ("UPDATE quad SET key = 'wrong' WHERE object = '\"a note\"'", "under a wrong key"),
        ("UPDATE entity SET seq = 1 WHERE seq = 2", "last change of some nodes .*melanoma"),
        ("DELETE FROM entity WHERE seq = 2", "last change of some nodes .*melanoma"),
        ("DELETE FROM touch WHERE seq = 2", "does not know that change 2 touched .*melanoma"),
        ("UPDATE touch SET seq = 7 WHERE seq = 2", "names changes that are not there: 7"),
        ("UPDATE release SET digest = 'sha256:0'", "release 1 has bytes of another digest"),
        ("UPDATE release SET nquads = CAST('' AS BLOB)", "release 1 holds other statements"),
        ("UPDATE release SET seq = 9", "release 1 is of change 9, which is not there"),
        ("UPDATE change SET proposal = 4 WHERE seq = 2", "proposal 4 names change None"),
    ],
)
def test_damage_is_found_and_named(tmp_path: Path, damage: str, said: str):
    database = filled(tmp_path)
    with database.writing() as session:
        assert session.connection().execute(text(damage)).rowcount >= 1
    with database.reading() as session:
        found = "\n".join(findings(session))
    assert re.search(said, found)
    database.close()


def test_the_verb_ends_with_1_and_one_finding_a_line(tmp_path: Path):
    database = filled(tmp_path)
    with database.writing() as session:
        session.connection().execute(text("UPDATE release SET digest = 'sha256:0'"))
    database.close()
    found = run("verify", "--data", tmp_path)
    assert found.returncode == 1
    assert found.stdout.startswith("release 1 ")
    assert "1 findings" in found.stderr
