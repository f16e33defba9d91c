"""Who feeds: of all processes on a database, one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ..database import Database

_FEED_LOCK = 0x51_4B_46_44  # an arbitrary number that all our processes agree on


@contextmanager
def only_one(database: Database) -> Iterator[Callable[[], bool]]:
    """While the block runs, the given function says whether this process is the one; it never becomes so later.

    The lock is the operating system's or PostgreSQL's own: it is free as soon as its holder has died.
    """
    with _file_lock(database) if database.embedded else _advisory_lock(database) as held:
        yield held


@contextmanager
def _file_lock(database: Database) -> Iterator[Callable[[], bool]]:
    import fcntl  # absent on Windows

    with Path(f"{database.engine.url.database}.feed").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mine = True
        except BlockingIOError:
            mine = False
        yield lambda: mine


@contextmanager
def _advisory_lock(database: Database) -> Iterator[Callable[[], bool]]:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # The lock is the connection's: it must end with this block and not go back to the pool.
        connection.detach()
        mine = connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _FEED_LOCK}).scalar_one()

        def still() -> bool:
            try:
                return mine and connection.execute(text("SELECT 1")).scalar_one() == 1
            except SQLAlchemyError:
                return False

        yield still
