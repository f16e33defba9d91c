"""The tables come from numbered steps, all or none, whoever else is at it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from kg_service.core.errors import SchemaMismatch
from kg_service.editorial import migrate
from kg_service.editorial.database import Database

FIRST, LAST = migrate.REVISIONS[0], migrate.REVISIONS[-1]
CHANGE = (
    "INSERT INTO change (seq, at, author, message, added, removed, previous, hash)"
    " VALUES (1, '', '', '', :added, '', '', 'h')"
)
ACCOUNT = "INSERT INTO account (name, role, password, created, disabled) VALUES ('ana', 'editor', '', '', :no)"


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names())


def first_tables(database: Database, *, numbered: bool) -> None:
    """The database of the first release, with one account and one change; it had no numbering yet."""
    with database.restructuring() as connection:
        migrate.upgrade(connection, FIRST)
        connection.execute(text(ACCOUNT), {"no": False})
        connection.execute(
            text(CHANGE), {"added": '<http://a> <http://p> <http://o> .\n<http://b> <http://p> "<c>" .\n'}
        )
        if not numbered:
            connection.execute(text("DROP TABLE alembic_version"))


def test_the_steps_lead_to_what_the_models_say(database: Database):
    assert migrate.migrate(database) == (None, LAST)
    with database.reading() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, migrate.metadata()) == []
    assert migrate.migrate(database) == (LAST, LAST)
    migrate.check(database)


def test_the_list_of_revisions_names_every_step_in_order():
    steps = ScriptDirectory(str(migrate._FOLDER)).walk_revisions()
    assert tuple(reversed([step.revision for step in steps])) == migrate.REVISIONS


@pytest.mark.parametrize("numbered", [True, False])
def test_tables_of_the_first_release_are_brought_up_to_date_with_their_rows(database: Database, numbered: bool):
    first_tables(database, numbered=numbered)
    assert migrate.migrate(database) == (FIRST, LAST)
    with database.reading() as session:
        asked = session.connection()
        assert asked.execute(text("SELECT name FROM account")).scalars().all() == ["ana"]
        touched = asked.execute(text("SELECT seq, iri FROM touch ORDER BY iri")).all()
        assert touched == [(1, "http://a"), (1, "http://b")], "older changes did not say what they were about"


def test_tables_of_a_newer_program_are_refused(database: Database):
    migrate.migrate(database)
    with database.writing() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for asked in (migrate.migrate, migrate.check, migrate.ensure):
        with pytest.raises(SchemaMismatch, match="newer program"):
            asked(database)


def test_migrations_that_race_agree(database: Database):
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: migrate.migrate(database), range(4)))
    assert {after for _, after in found} == {LAST}
    assert len([before for before, _ in found if before is None]) >= 1
    migrate.check(database)


def test_a_step_that_fails_leaves_the_tables_as_they_were(database: Database, monkeypatch: pytest.MonkeyPatch):
    def broken(connection, target: str) -> None:
        upgrade(connection, target)
        raise RuntimeError

    upgrade = migrate.upgrade
    monkeypatch.setattr(migrate, "upgrade", broken)
    with pytest.raises(RuntimeError):
        migrate.migrate(database)
    assert tables(database) == set()


def test_sqlite_checks_foreign_keys_again_after_a_migration(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/skin.db")
    migrate.migrate(database)
    for _ in range(3):
        with database.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
    database.close()


def test_an_embedded_database_brings_itself_up_to_date_and_a_server_asks_for_it(database: Database):
    if database.embedded:
        migrate.ensure(database)
        migrate.check(database)
    else:
        with pytest.raises(SchemaMismatch, match="run: python -m kg_service migrate"):
            migrate.ensure(database)
        assert tables(database) == set()
