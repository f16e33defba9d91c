"""A private PostgreSQL for tests: a cluster of its own, stopped and started at will, and empty databases in it.

Needs the server's programs on the machine, or SKIN_R1_TEST_POSTGRES with the URL of a database whose user may create
others. Where there is neither, tests skip and say so; in CI (the variable CI is set) they fail instead.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from kg_service.editorial import migrate
from kg_service.editorial.database import Database
from kg_service.settings import Settings

from .patience import PATIENCE, free_port

GIVEN = "SKIN_R1_TEST_POSTGRES"


@dataclass(frozen=True)
class Cluster:
    """A running server. `url` is its first database; tests take one of their own from `fresh_database`."""

    url: str
    folder: Path
    programs: Path
    user: str | None
    port: int

    def stop(self) -> None:
        """End the server as a crash would: connections break, nothing is flushed."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        self._control("-o", options, "-l", str(self.folder / "log"), "start")

    def _control(self, *arguments: str) -> None:
        # No pipes: the server would inherit them and hold them open.
        subprocess.run(
            [self.programs / "pg_ctl", "-D", self.folder / "data", "-w", "-t", f"{PATIENCE:.0f}", *arguments],
            user=self.user, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=2 * PATIENCE, check=True,
        )  # fmt: skip


@contextmanager
def postgres_cluster() -> Iterator[Cluster]:
    """A new server of our own, whatever SKIN_R1_TEST_POSTGRES says; it is gone afterwards."""
    programs = _programs()
    if programs is None:
        _missing("there are no PostgreSQL server programs on this machine")
    user = None
    if os.geteuid() == 0:  # the server refuses to run as root
        try:
            user = pwd.getpwnam("postgres").pw_name
        except KeyError:
            _missing("the tests run as root and there is no user postgres")
    folder = Path(tempfile.mkdtemp(prefix="skin-postgres-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        arguments = ["-D", folder / "data", "-A", "trust", "-U", "skin", "-E", "UTF8", "--locale=C"]
        made = subprocess.run(
            [programs / "initdb", *arguments], user=user, cwd=folder, capture_output=True, text=True, timeout=PATIENCE
        )
        assert made.returncode == 0, made.stdout + made.stderr
        port = free_port()
        cluster = Cluster(f"postgresql://skin@127.0.0.1:{port}/postgres", folder, programs, user, port)
        cluster.start()
        try:
            yield cluster
        finally:
            if (folder / "data" / "postmaster.pid").exists():
                cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a server's database: the given one, or that of a new cluster."""
    if given := os.environ.get(GIVEN):
        yield given
        return
    with postgres_cluster() as cluster:
        yield cluster.url


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """The URL of an empty database beside `server`'s; it is dropped afterwards, whoever is still connected."""
    name = f"skin_{uuid4().hex}"
    _command(server, f"CREATE DATABASE {name}")
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        _command(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def migrated(url: str) -> None:
    """Make the service's tables, as an operator does before the first start."""
    database = Database(Settings(database_url=url).url)
    migrate.migrate(database)
    database.close()


def _command(server: str, statement: str) -> None:
    engine = create_engine(make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()


def _programs() -> Path | None:
    folders = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in folders if (folder / "pg_ctl").exists()), None)


def _missing(why: str) -> NoReturn:
    message = f"{why}; set {GIVEN} to the URL of a database whose user may create others"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
