"""The way back from a backup: into an empty database, checked before and after, all of it or nothing."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

from pydantic import ValidationError
from sqlalchemy import Connection, LargeBinary, MetaData, Table, func, insert, inspect, select, text
from sqlalchemy.exc import StatementError
from sqlmodel import Session

from ..core.errors import BackupInvalid, HistoryBroken
from . import migrate, verify
from .backup import MANIFEST, Manifest, member, rows_at_once, travelling
from .database import Database


def restore(database: Database, file: IO[bytes]) -> Manifest:
    """Make an empty database what the backup was. A backup of older tables is brought up to date on the way.

    Raises:
        BackupInvalid: not a whole backup, or the database is not empty.
        SchemaMismatch: the backup was made by a newer program.
        HistoryBroken: the backup contradicts itself.
        StorageUnavailable: the database cannot store it.
    """
    try:
        with ZipFile(file) as archive:
            manifest = _checked(archive)
            with database.restructuring() as connection:
                _make_room(connection)
                migrate.upgrade(connection, manifest.revision)
                for table in _known(connection, manifest):
                    _fill(connection, table, _rows(archive, table))
                    _count_on(connection, table)
                migrate.upgrade(connection, migrate.REVISIONS[-1])
                _verify(connection)
            return manifest
    except BadZipFile as error:
        raise BackupInvalid(f"this is not a whole backup: {error}") from error
    except StatementError as error:
        raise BackupInvalid(f"the backup holds a row that its table does not take: {type(error).__name__}") from error


def _checked(archive: ZipFile) -> Manifest:
    """The manifest, after every file was found to be what it says."""
    try:
        manifest = Manifest.model_validate_json(b"".join(_lines(archive, MANIFEST)))
    except ValidationError as error:
        raise BackupInvalid(f"the manifest cannot be read: {error.errors(include_url=False)[0]['msg']}") from error
    migrate.refuse_newer(manifest.revision)
    for name, part in manifest.tables.items():
        digest, rows = hashlib.sha256(), 0
        for line in _lines(archive, member(name)):
            digest.update(line)
            rows += 1
        if (digest.hexdigest(), rows) != (part.sha256, part.rows):
            raise BackupInvalid(f"the rows of table {name} are not those that were backed up")
    return manifest


def _lines(archive: ZipFile, name: str) -> Iterator[bytes]:
    try:
        with archive.open(name) as file:
            yield from file
    except KeyError as error:
        raise BackupInvalid(f"this is not a whole backup: it lacks {name}") from error
    except (BadZipFile, EOFError, RuntimeError, zlib.error) as error:  # RuntimeError: encrypted, or packed otherwise
        raise BackupInvalid(f"this is not a whole backup: {name}: {error}") from error


def _make_room(connection: Connection) -> None:
    """Tables without a row, as `migrate` leaves them, are as good as none."""
    had = MetaData()
    ours = migrate.metadata().tables.keys()
    had.reflect(connection, only=lambda name, _: name in ours)
    for table in had.sorted_tables:
        if connection.execute(select(func.count()).select_from(table)).scalar():
            raise BackupInvalid("the database holds data already; a backup is restored into an empty one only")
    had.drop_all(connection)
    connection.execute(text("DROP TABLE IF EXISTS alembic_version"))


def _known(connection: Connection, manifest: Manifest) -> list[Table]:
    tables = [table for table in travelling(connection) if table.name in manifest.tables]
    if strange := manifest.tables.keys() - {table.name for table in tables}:
        raise BackupInvalid(f"the backup holds tables that its version does not have: {', '.join(sorted(strange))}")
    return tables


def _rows(archive: ZipFile, table: Table) -> Iterator[dict[str, Any]]:
    binary = [column.name for column in table.columns if isinstance(column.type, LargeBinary)]
    names = set(table.columns.keys())
    for line in _lines(archive, member(table.name)):
        try:
            row = json.loads(line)
            if row.keys() != names:
                raise BackupInvalid(f"a row of table {table.name} has other columns than the table")
            row.update({name: base64.b64decode(row[name], validate=True) for name in binary})
        except (ValueError, TypeError, AttributeError, binascii.Error) as error:
            raise BackupInvalid(f"a row of table {table.name} cannot be read") from error
        yield row


def _fill(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    remaining = iter(rows)
    while some := list(islice(remaining, rows_at_once(table))):
        connection.execute(insert(table), some)


def _count_on(connection: Connection, table: Table) -> None:
    """PostgreSQL numbers new rows from a sequence, which rows that bring their number do not move."""
    if connection.dialect.name != "postgresql":
        return
    quoted = connection.dialect.identifier_preparer.format_table(table)
    for column in inspect(table).primary_key:
        named = {"table": quoted, "column": column.name}
        sequence = connection.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), named).scalar()
        highest = connection.execute(select(func.max(column))).scalar()
        if sequence is not None and highest is not None:
            connection.execute(text("SELECT setval(:sequence, :highest)"), {"sequence": sequence, "highest": highest})


def _verify(connection: Connection) -> None:
    with Session(connection, join_transaction_mode="rollback_only") as session:
        if found := verify.findings(session):
            raise HistoryBroken("the backup contradicts itself; nothing was restored:", tuple(found))
