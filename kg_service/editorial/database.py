"""The connection to SQLite or PostgreSQL, and the two kinds of transaction: reading, and writing one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from ..core.errors import ConfigInvalid

_WAIT_SECONDS = 60  # a first import by another process takes seconds
_WRITER_LOCK = 0x51_4B_49_4E  # an arbitrary number that all our processes agree on


class Database:
    """One database of the service.

    Args:
        url: an SQLAlchemy URL. An SQLite file and its folder are created.

    Raises:
        ConfigInvalid: the URL cannot be used or the database cannot be reached.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
            self.embedded = parsed.get_backend_name() == "sqlite"
            if self.embedded and parsed.database:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            arguments = {"timeout": _WAIT_SECONDS} if self.embedded else {"connect_timeout": 10}
            self.engine: Engine = create_engine(parsed, connect_args=arguments, pool_pre_ping=not self.embedded)
            if self.embedded:
                _use_our_own_transactions(self.engine)
            with self.engine.connect():
                pass
        except (SQLAlchemyError, ModuleNotFoundError, OSError) as error:
            raise ConfigInvalid(f"the database cannot be used: {_without_secret(error)}") from error

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A consistent view; nothing is written."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """The only writer until the block ends: all of it is committed and on disk then, or none of it."""
        with self.engine.connect().execution_options(skin_writer=True) as connection, connection.begin():
            if not self.embedded:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _WRITER_LOCK})
            # The session must not end the transaction: only the block above does, after the flush.
            with Session(connection, expire_on_commit=False, join_transaction_mode="rollback_only") as session:
                yield session
                session.flush()

    def close(self) -> None:
        self.engine.dispose()


def _use_our_own_transactions(engine: Engine) -> None:
    """Python's sqlite3 begins transactions late and not for every statement; we begin each one ourselves."""

    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    def begun(connection: Connection) -> None:
        # A writer takes its lock at once: upgrading a reader's later can fail without waiting.
        writer = connection.get_execution_options().get("skin_writer", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)


def _without_secret(error: BaseException) -> str:
    """The first line of a driver's message: the rest may repeat the URL with its password."""
    return (str(error).splitlines() or [type(error).__name__])[0]
