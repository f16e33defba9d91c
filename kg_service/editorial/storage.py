"""What a database driver raises, as an error of ours: gone, full, broken or busy is not a defect of the program."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolEmpty

from ..core.errors import RequestInvalid, StorageUnavailable

_RETRY_SECONDS = 5
_log = logging.getLogger("kg_service.storage")

# By SQLite's primary result codes. Everything else, such as a syntax error, is a defect.
_SQLITE: dict[int, str] = {
    sqlite3.SQLITE_BUSY: "other writers hold it for too long",
    sqlite3.SQLITE_LOCKED: "other writers hold it for too long",
    sqlite3.SQLITE_PROTOCOL: "other writers hold it for too long",
    sqlite3.SQLITE_FULL: "there is no space left",
    sqlite3.SQLITE_IOERR: "its disk does not read or write",
    sqlite3.SQLITE_CANTOPEN: "its file cannot be opened",
    sqlite3.SQLITE_READONLY: "its file cannot be written",
    sqlite3.SQLITE_NOMEM: "there is not enough memory",
    sqlite3.SQLITE_CORRUPT: "its file is damaged; restore a backup",
    sqlite3.SQLITE_NOTADB: "its file is damaged; restore a backup",
}
# By class of PostgreSQL's SQLSTATE, or by the whole of it where the class holds defects too.
_POSTGRESQL: dict[str, str] = {
    "08": "the connection broke",
    "40": "other writers were faster",
    "53": "there is no space, memory or connection left",
    "55P03": "other writers hold it for too long",
    "57": "the server stops, starts or cancelled the work",
    "58": "its disk does not read or write",
    "25006": "the server takes no writes",
}


@dataclass
class Attempt:
    """How far a transaction came."""

    committing: bool = False


@contextmanager
def storage_errors() -> Iterator[Attempt]:
    """Say it as `StorageUnavailable` when the database cannot do its work now; defects pass as they are.

    Raises:
        StorageUnavailable: the database is gone, full, damaged or busy. Nothing was stored, unless it says otherwise.
        RequestInvalid: it was given a value that it cannot hold; PostgreSQL takes no NUL in a text.
    """
    attempt = Attempt()
    try:
        yield attempt
    except DataError as error:
        raise RequestInvalid("the request holds a text or a number that the database cannot hold") from error
    except (DBAPIError, PoolEmpty) as error:
        reason = _reason(error)
        if reason is None:
            raise
        _log.error("the database cannot be used: %s (%s)", reason, _cause(error))
        # A server that dies during COMMIT has stored all of it or nothing, and cannot say which.
        unknown = attempt.committing and isinstance(error, DBAPIError) and not isinstance(error.orig, sqlite3.Error)
        outcome = "whether the last edit was stored is not known: look before you repeat it" if unknown else "try again"
        raise StorageUnavailable(f"the database cannot be used now: {reason}; {outcome}", _RETRY_SECONDS) from error


def _reason(error: DBAPIError | PoolEmpty) -> str | None:
    if isinstance(error, PoolEmpty):
        return "all connections are taken"
    if isinstance(error.orig, sqlite3.Error):
        return _SQLITE.get((getattr(error.orig, "sqlite_errorcode", None) or 0) & 0xFF)
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        # psycopg has no state where the server did not live to send one.
        gone = error.connection_invalidated or type(error.orig).__name__ == "OperationalError"
        return "the connection broke" if gone else None
    return _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2])


def _cause(error: BaseException) -> str:
    """The first line of a driver's message: the rest repeats the statement and its values."""
    return (str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__])[0]
