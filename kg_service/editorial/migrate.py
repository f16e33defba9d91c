"""The form of the tables: which one a database has, which one this program needs, and the way from one to the other.

A new step: change the models, then `python -m kg_service.editorial.migrate "what it does"`, then read what was written.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlmodel import MetaData

from ..core.errors import SchemaMismatch
from .database import Database
from .models import Table

if TYPE_CHECKING:
    from alembic.config import Config

# Kept by hand beside the files of `migrations/versions`, so that a start need not load Alembic to compare.
REVISIONS = ("0001", "0002")
_MODELS = (
    "kg_service.editorial.models",
    "kg_service.editorial.accounts.models",
    "kg_service.editorial.inbox.models",
)
_TABLE = "alembic_version"
_FOLDER = Path(__file__).parent / "migrations"


def metadata() -> MetaData:
    """All tables of the service, wherever their models stand."""
    for module in _MODELS:
        import_module(module)
    return Table.metadata


def ensure(database: Database) -> None:
    """Make sure that the tables are what this program needs. To be called before anything else is asked of a database.

    The embedded database is brought up to date here: it has one owner, and a first start must just work. Others are
    only looked at, since several programs of different age may be at work on them.

    Raises:
        SchemaMismatch: tables of another version, which `migrate` mends, or only a newer program knows.
        StorageUnavailable: the database cannot answer now.
    """
    if database.embedded:
        migrate(database)
    else:
        check(database)


def check(database: Database) -> None:
    """
    Raises:
        SchemaMismatch: the tables are not those of this program; the message says what to do.
    """
    found = revision(database)
    refuse_newer(found)
    if found != REVISIONS[-1]:
        had = "has no tables yet" if found is None else f"has tables of version {found}"
        raise SchemaMismatch(
            f"the database {had} and this program needs version {REVISIONS[-1]}; run: python -m kg_service migrate"
        )


def migrate(database: Database) -> tuple[str | None, str]:
    """Bring the tables to the version of this program: all steps in one transaction, or none.

    Programs that race for it wait for the first and find nothing left to do.

    Returns:
        The version before (None: an empty database) and after.

    Raises:
        SchemaMismatch: the database was made by a newer program.
        StorageUnavailable: the database cannot answer now.
    """
    before = revision(database)
    if before != REVISIONS[-1]:
        with database.restructuring() as connection:
            before = revision_of(connection)
            refuse_newer(before)
            if before != REVISIONS[-1]:
                upgrade(connection, REVISIONS[-1])
    return before, REVISIONS[-1]


def revision(database: Database) -> str | None:
    """The version of a database's tables; None where there are none."""
    with database.reading() as session:
        return revision_of(session.connection())


def revision_of(connection: Connection) -> str | None:
    """`revision`, seen from inside a transaction. Tables older than the numbering are version 0001."""
    looked = inspect(connection)
    if looked.has_table(_TABLE):
        return connection.execute(text(f"SELECT version_num FROM {_TABLE}")).scalar()
    return REVISIONS[0] if looked.has_table("change") else None


def upgrade(connection: Connection, target: str) -> None:
    """Run the steps up to `target` in the transaction of `connection`, which is one of `Database.restructuring`."""
    from alembic import command

    config = _config(connection)
    if not inspect(connection).has_table(_TABLE) and revision_of(connection) is not None:
        command.stamp(config, REVISIONS[0])
    command.upgrade(config, target)


def refuse_newer(found: str | None) -> None:
    """
    Raises:
        SchemaMismatch: this is the version of a newer program.
    """
    if found is not None and found not in REVISIONS:
        raise SchemaMismatch(
            f"the database has tables of version {found}, made by a newer program; "
            f"this one knows versions up to {REVISIONS[-1]}. Install the newer program."
        )


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _write_step(message: str) -> None:
    """Write the next step's file from what differs between the steps so far and the models."""
    from alembic import command

    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/scratch.db")
        with database.restructuring() as connection:
            config = _config(connection)
            command.upgrade(config, "head")
            number = len(list((_FOLDER / "versions").glob("[0-9]*.py"))) + 1
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")
        database.close()


def main(arguments: Sequence[str]) -> None:
    _write_step(" ".join(arguments) or "change")


if __name__ == "__main__":
    main(sys.argv[1:])
