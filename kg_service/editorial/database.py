"""The connection to SQLite or PostgreSQL, and its kinds of transaction: reading, writing one at a time, new tables."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from ..core.errors import ConfigInvalid
from .storage import storage_errors

WAIT_SECONDS = 30.0  # for the other writers; a first import by another process takes seconds
_WRITER_LOCK = 0x51_4B_49_4E  # an arbitrary number that all our processes agree on


class Database:
    """One database of the service. Safe to share between threads.

    Args:
        url: an SQLAlchemy URL. An SQLite file and its folder are created.
        wait: seconds that a writer waits for the others before it gives up.

    Raises:
        ConfigInvalid: the URL cannot be used or the database cannot be reached.
    """

    def __init__(self, url: str, *, wait: float = WAIT_SECONDS) -> None:
        try:
            parsed = make_url(url)
            self.embedded = parsed.get_backend_name() == "sqlite"
            if self.embedded and parsed.database:
                # Nobody else's to read: it holds hashes of passwords. Files that SQLite puts beside it get its mode.
                file = Path(parsed.database)
                file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                if not file.exists():
                    file.touch(mode=0o600)
            self._wait = wait
            self.engine: Engine = create_engine(
                parsed,
                connect_args={"timeout": wait} if self.embedded else _PATIENCE,
                pool_pre_ping=not self.embedded,
                pool_timeout=wait,
                hide_parameters=True,  # an error's text reaches the log, and values hold hashes of passwords
            )
            if self.embedded:
                _use_our_own_transactions(self.engine)
            with self.engine.connect():
                pass
        except (SQLAlchemyError, ModuleNotFoundError, OSError) as error:
            raise ConfigInvalid(f"the database cannot be used: {_without_secret(error)}") from error
        # One snapshot for all statements of a reader, as SQLite gives it anyway; such a transaction never has to retry.
        together = {} if self.embedded else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reader = self.engine.execution_options(**together)
        # SQLite's own waiting is by polling: threads of one process take turns without it.
        self._turn = threading.Lock() if self.embedded else None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A consistent view; nothing is written.

        Raises:
            StorageUnavailable: the database cannot answer now.
        """
        with storage_errors(), Session(self._reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """The only writer until the block ends: all of it is committed and on disk then, or none of it.

        Raises:
            StorageUnavailable: the database cannot answer or store now, or the other writers took too long.
        """
        with storage_errors() as attempt, self._my_turn(), self.engine.connect() as plain:
            connection = plain.execution_options(skin_writer=True)
            with connection.begin():
                self._lock(connection)
                # The session must not end the transaction: only the block above does, after the flush.
                with Session(connection, expire_on_commit=False, join_transaction_mode="rollback_only") as session:
                    yield session
                    session.flush()
                attempt.committing = True

    @contextmanager
    def restructuring(self) -> Iterator[Connection]:
        """`writing` for statements that make or change tables, which SQLite does by making a table anew.

        Raises:
            StorageUnavailable: as `writing`.
        """
        with storage_errors() as attempt, self._my_turn(), self.engine.connect() as plain:
            connection = plain.execution_options(skin_writer=True, skin_unchecked=True)
            try:
                with connection.begin():
                    self._lock(connection)
                    yield connection
                    if self.embedded and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                        raise AssertionError("a migration left a row that points to none")
                    attempt.committing = True
            finally:
                if self.embedded:
                    connection.detach()  # it does not check foreign keys, so nobody else may get it

    def close(self) -> None:
        self.engine.dispose()

    def _my_turn(self) -> Any:
        return self._turn or nullcontext()

    def _lock(self, connection: Connection) -> None:
        if not self.embedded:
            connection.execute(text(f"SET LOCAL lock_timeout = {int(self._wait * 1000)}"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITER_LOCK})


# A server that vanished without a word is noticed, instead of waited for as long as TCP does.
_PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


def _use_our_own_transactions(engine: Engine) -> None:
    """Python's sqlite3 begins transactions late and not for every statement; we begin each one ourselves."""

    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    def begun(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("skin_unchecked", False):
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # has no effect inside a transaction
        # A writer takes its lock at once: upgrading a reader's later can fail without waiting.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("skin_writer", False) else "BEGIN")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)


def _without_secret(error: BaseException) -> str:
    """The first line of a driver's message: the rest may repeat the URL with its password."""
    return (str(error).splitlines() or [type(error).__name__])[0]
