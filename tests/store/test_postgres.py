"""The same data on PostgreSQL. Needs its server programs, or SKIN_R1_TEST_POSTGRES naming an empty database."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from kg_service.editorial.database import Database
from kg_service.editorial.opening import open_data
from kg_service.settings import Settings

from ..live import MINI, serving
from .test_editorial import NOW, expect_whole


def _programs() -> Path | None:
    folders = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in folders if (folder / "pg_ctl").exists()), None)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if given := os.environ.get("SKIN_R1_TEST_POSTGRES"):
        yield given
        return
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL server programs here; set SKIN_R1_TEST_POSTGRES to the URL of an empty database")
    user = None
    folder = tmp_path_factory.mktemp("postgres")
    if os.geteuid() == 0:  # the server refuses to run as root
        try:
            user = pwd.getpwnam("postgres").pw_name
        except KeyError:
            pytest.skip("running as root and there is no user postgres")
        shutil.chown(folder, user)
        for parent in list(folder.parents)[:3]:
            parent.chmod(parent.stat().st_mode | 0o011)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def call(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [programs / program, *arguments], user=user, cwd=folder, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr

    data = str(folder / "data")
    call("initdb", "-D", data, "-A", "trust", "-U", "skin", "-E", "UTF8", "--locale=C")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    subprocess.run(
        [programs / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start"],
        user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, check=True,
    )  # fmt: skip
    try:
        yield f"postgresql://skin@127.0.0.1:{port}/postgres"
    finally:
        call("pg_ctl", "-D", data, "-m", "immediate", "stop")


def test_postgresql_holds_the_same_release_and_racing_starts_agree(server: str, tmp_path: Path):
    settings = Settings(data=tmp_path, ontologies=MINI, database_url=server)
    with ThreadPoolExecutor(3) as pool:
        opened = list(pool.map(lambda _: open_data(settings, now=NOW), range(3)))
    assert {one.release.id for one in opened} == {"1"}
    for one in opened:
        one.database.close()
    database = Database(settings.url)
    expect_whole(database)
    database.close()
    with serving(tmp_path, database_url=server) as url:
        health = httpx.get(f"{url}/v1/health").json()
        assert (health["release"], health["seq"]) == ("1", 1)
        assert httpx.get(f"{url}/v1/releases/{health['digest']}/snapshot").status_code == 200
    assert not list(tmp_path.iterdir()), "the data folder is not used beside another database"
