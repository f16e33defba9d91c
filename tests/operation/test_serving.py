"""Starting and stopping: one process or several, told to stop or killed, nothing in hand is dropped."""

from __future__ import annotations

import json
import os
import signal
import time
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from kg_service.editorial.database import Database

from ..live import MINI, Started, run, spawn, wait_until_ready
from ..patience import PATIENCE, eventually


def start(data: Path, *more: str) -> Started:
    return wait_until_ready(spawn("serve", "--port", "0", "--data", data, "--ontologies", MINI, *more))


def end(started: Started) -> int:
    started.process.wait(timeout=PATIENCE)
    for stream in (started.process.stdout, started.process.stderr):
        assert stream is not None
        stream.close()
    return started.process.returncode


def workers_of(started: Started) -> list[int]:
    """The processes that answer, without Python's own resource tracker."""
    children = Path(f"/proc/{started.process.pid}/task/{started.process.pid}/children").read_text().split()
    return [int(pid) for pid in children if b"spawn_main" in command(int(pid))]


def command(pid: int) -> bytes:
    """What a process was started as; nothing where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_ends_with_0(tmp_path: Path, workers: str, sent: signal.Signals):
    started = start(tmp_path, "--workers", workers)
    assert httpx.get(f"{started.url}/v1/health").status_code == 200
    started.process.send_signal(sent)
    assert end(started) == 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_edit_that_waits_for_its_turn_is_finished_before_the_end(tmp_path: Path, workers: str):
    token = run("admin", "token", "--data", tmp_path, "--role", "admin", "--name", "ana").stdout.strip()
    started = start(tmp_path, "--workers", workers)
    database = Database(f"sqlite:///{tmp_path}/skin.db")
    body = json.dumps({"name": "bob", "role": "reader"}).encode()
    asking = HTTPConnection(started.url.removeprefix("http://"), timeout=PATIENCE)
    asking.putrequest("POST", "/v1/accounts")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Content-Length": len(body)}
    for name, value in {**headers, "Expect": "100-continue"}.items():
        asking.putheader(name, str(value))
    with database.writing():  # as another program's edit would
        asking.endheaders()
        assert b" 100 " in asking.sock.recv(1024), "the service waits for the body: the request is in its hands"
        asking.send(body)
        time.sleep(1)  # long enough, mostly, to get in line; where it is not, the end is the same
        started.process.send_signal(signal.SIGTERM)
        time.sleep(1)
    answer = asking.getresponse()
    assert answer.status == 201, answer.read()
    asking.close()
    assert end(started) == 0
    with database.reading() as session:
        assert session.connection().execute(text("SELECT COUNT(*) FROM account WHERE name = 'bob'")).scalar() == 1
    database.close()


def test_a_worker_that_dies_is_replaced_and_nobody_notices_for_long(tmp_path: Path):
    started = start(tmp_path, "--workers", "2")
    before = workers_of(started)
    assert len(before) == 2
    os.kill(before[0], signal.SIGKILL)
    eventually(lambda: before[0] not in workers_of(started) and len(workers_of(started)) == 2)
    assert httpx.get(f"{started.url}/v1/health").status_code == 200
    started.process.terminate()
    assert end(started) == 0


def test_workers_do_not_outlive_a_supervisor_that_was_killed(tmp_path: Path):
    started = start(tmp_path, "--workers", "2")
    orphans = workers_of(started)
    started.process.kill()
    assert end(started) == -signal.SIGKILL
    eventually(lambda: not any(alive(pid) for pid in orphans))


def alive(pid: int) -> bool:
    """Whether a process still runs; one that nobody has waited for has ended all the same."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_postgresql_without_tables_is_refused_with_what_to_do(empty_postgres_url: str, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("SKIN_R1_DATABASE_URL", empty_postgres_url)
    refused = run("serve", "--port", "0", "--data", tmp_path, "--ontologies", MINI)
    assert refused.returncode == 2
    assert "python -m kg_service migrate" in refused.stderr
    assert run("migrate").returncode == 0
    started = start(tmp_path, "--workers", "2")
    assert httpx.get(f"{started.url}/v1/ready").json()["status"] == "ready"
    started.process.terminate()
    assert end(started) == 0
    assert not list(tmp_path.iterdir()), "nothing is kept beside the database"


def test_the_first_start_on_loopback_says_how_to_become_administrator_until_there_is_one(tmp_path: Path):
    for administered in (False, True):
        process = spawn("serve", "--port", "0", "--data", tmp_path, "--ontologies", MINI)
        assert process.stderr is not None
        url = process.stderr.readline().split()[0]
        said = ""
        if not administered:
            said = process.stderr.readline()
            page = httpx.get(said.split()[-1])
            assert (page.status_code, "<form" in page.text) == (200, True)
            assert said.split()[-1].startswith(url)
        process.terminate()
        rest = process.communicate(timeout=PATIENCE)[1]
        assert "code=" not in rest, "a later log line does not repeat it"
        assert run("admin", "token", "--data", tmp_path, "--role", "admin").returncode == 0


@pytest.mark.parametrize("count", ["0", "-1", "many"])
def test_a_wrong_number_of_workers_is_a_usage_error(tmp_path: Path, count: str):
    done = run("serve", "--data", tmp_path, "--workers", count)
    assert done.returncode == 2
    assert "number from 1 on" in done.stderr
