"""A backup: one zip file of JSON lines per table and a manifest with their digests, the same from either database.

Left out are bearer tokens, sessions, one-time links and attempts to sign in. Restoring an old file must not bring back
access that was revoked since, and a file that is stolen must not open a door. Hashes of passwords travel: without them
nobody could sign in afterwards.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Annotated, Literal
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, LargeBinary, MetaData, String, Table, select
from sqlmodel import col
from sqlmodel import select as typed

from ..core.errors import HistoryBroken, SchemaMismatch
from . import migrate, verify
from .database import Database
from .models import Change
from .times import timestamp

MANIFEST = "manifest.json"
LEFT_OUT = frozenset({"token", "browsersession", "invitation", "attempt"})
_ROWS_AT_ONCE = 1000
_EPOCH = (1980, 1, 1, 0, 0, 0)  # of every member, so that equal data makes equal files


class Part(BaseModel):
    """One table's file: how many rows, and the sha256 of its bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: Annotated[int, Field(ge=0)]
    sha256: str


class Manifest(BaseModel):
    """What a backup holds. `head` is the hash of the last change: two backups with one head hold the same log."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["skin-r1-backup-1"] = "skin-r1-backup-1"
    revision: str
    at: str
    seq: int
    head: str
    tables: dict[str, Part]


def write_backup(database: Database, file: IO[bytes], *, now: datetime) -> Manifest:
    """Write everything that must not be lost, as it was at one moment. Readers and writers go on meanwhile.

    Raises:
        SchemaMismatch: there is nothing to back up, or only a newer program knows it.
        HistoryBroken: the hash chain of the log is broken; such a file could not be restored.
        StorageUnavailable: the database cannot answer now.
    """
    with database.reading() as session, ZipFile(file, "w", ZIP_DEFLATED) as archive:
        connection = session.connection()
        revision = migrate.revision_of(connection)
        if revision is None:
            raise SchemaMismatch("the database has no tables yet: there is nothing to back up")
        migrate.refuse_newer(revision)
        if broken := verify.broken_changes(session):
            raise HistoryBroken("the log was altered:", tuple(f"change {seq}" for seq in broken))
        tables = {table.name: _write(archive, connection, table) for table in travelling(connection)}
        newest = session.exec(typed(Change.seq, Change.hash).order_by(col(Change.seq).desc()).limit(1)).first()
        seq, head = newest or (0, "")
        manifest = Manifest(revision=revision, at=timestamp(now), seq=seq, head=head, tables=tables)
        archive.writestr(_member(MANIFEST), manifest.model_dump_json(indent=2) + "\n")
    return manifest


def travelling(connection: Connection) -> list[Table]:
    """The tables of a backup as the database has them, whatever their version, each after those it points to."""
    found = MetaData()
    ours = migrate.metadata().tables.keys()
    found.reflect(connection, only=lambda name, _: name in ours)
    return [table for table in found.sorted_tables if table.name not in LEFT_OUT]


def member(table: str) -> str:
    """The name of a table's file in the archive."""
    return f"tables/{table}.jsonl"


def rows_at_once(table: Table) -> int:
    """How many rows may lie in memory together: a release is many megabytes."""
    return 1 if any(isinstance(column.type, LargeBinary) for column in table.columns) else _ROWS_AT_ONCE


def _write(archive: ZipFile, connection: Connection, table: Table) -> Part:
    digest, rows = hashlib.sha256(), 0
    with archive.open(_member(member(table.name)), "w", force_zip64=True) as file:
        for line in _lines(connection, table):
            file.write(line)
            digest.update(line)
            rows += 1
    return Part(rows=rows, sha256=digest.hexdigest())


def _lines(connection: Connection, table: Table) -> Iterator[bytes]:
    """Rows as canonical JSON by their key, in the order of bytes, which every database can give."""
    bytewise = connection.dialect.name == "postgresql"
    keys = [
        column.collate("C") if bytewise and isinstance(column.type, String) else column for column in table.primary_key
    ]
    found = connection.execution_options(yield_per=rows_at_once(table)).execute(select(table).order_by(*keys))
    for row in found.mappings():
        plain = {name: _plain(value) for name, value in row.items()}
        yield json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _plain(value: object) -> object:
    return base64.b64encode(value).decode() if isinstance(value, bytes | memoryview) else value


def _member(name: str) -> ZipInfo:
    info = ZipInfo(name, _EPOCH)
    info.compress_type = ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info
