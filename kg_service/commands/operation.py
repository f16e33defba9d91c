"""migrate, backup, restore, verify: what an operator does beside the running service."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..core.errors import BackupInvalid
from ..job import whole_file
from .sources import settings

if TYPE_CHECKING:
    from ..editorial.backup import Manifest
    from ..editorial.database import Database


def migrate(given: argparse.Namespace) -> int:
    from ..editorial.migrate import migrate as run

    with _database(given) as database:
        before, after = run(database)
    said = "nothing to do" if before == after else f"was {before}" if before else "new tables"
    print(f"the tables are of version {after}: {said}", file=sys.stderr)
    print(json.dumps({"before": before, "after": after}))
    return 0


def backup(given: argparse.Namespace) -> int:
    from ..editorial.backup import LEFT_OUT, write_backup

    with _database(given) as database, whole_file(given.out) as file:
        os.fchmod(file.fileno(), 0o600)  # it holds hashes of passwords
        manifest = write_backup(database, file, now=datetime.now(UTC))
    print(f"left out: {', '.join(sorted(LEFT_OUT))}; jobs need new tokens after a restore", file=sys.stderr)
    _say(manifest, path=str(given.out))
    return 0


def restore(given: argparse.Namespace) -> int:
    from ..editorial.restore import restore as run

    try:
        file = given.file.open("rb")
    except OSError as error:
        raise BackupInvalid(f"{given.file} cannot be read: {error}") from error
    with file, _database(given) as database:
        _say(run(database, file), path=str(given.file))
    return 0


def verify(given: argparse.Namespace) -> int:
    from ..editorial import migrate
    from ..editorial.verify import findings

    with _database(given) as database:
        migrate.check(database)
        with database.reading() as session:
            found = findings(session, compiling=given.compile)
    for finding in found:
        print(finding)
    print(f"{len(found)} findings" if found else "the data is what its log says", file=sys.stderr)
    return 1 if found else 0


@contextmanager
def _database(given: argparse.Namespace) -> Iterator[Database]:
    from ..editorial.database import Database

    database = Database(settings(given).url)
    try:
        yield database
    finally:
        database.close()


def _say(manifest: Manifest, *, path: str) -> None:
    rows = {name: part.rows for name, part in manifest.tables.items()}
    said = {"path": path, "revision": manifest.revision, "seq": manifest.seq, "head": manifest.head, "rows": rows}
    print(json.dumps(said))
