"""Service processes on one database, several at once, killed as a whole; and people who edit through them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from kg_service.editorial.accounts.tokens import issue_token
from kg_service.editorial.actor import Role
from kg_service.editorial.database import Database
from kg_service.settings import Settings, write_settings

from .live import MINI, ROOT, wait_until_ready
from .patience import PATIENCE


@dataclass(frozen=True)
class Place:
    """Where a service's data lies: SQLite in a folder, or a PostgreSQL database that has its tables already."""

    data: Path
    database_url: str = ""

    @property
    def settings(self) -> Settings:
        return Settings(data=self.data, database_url=self.database_url, ontologies=MINI)

    @contextmanager
    def database(self) -> Iterator[Database]:
        database = Database(self.settings.url)
        try:
            yield database
        finally:
            database.close()

    def token(self, role: Role, name: str, *, trusted: bool = False) -> str:
        with self.database() as database:
            return issue_token(database, role, name=name, trusted=trusted, now=datetime.now(UTC))

    def start(self, *, workers: int = 1) -> subprocess.Popen[str]:
        """A service in a process group of its own; it takes a free port."""
        return subprocess.Popen(
            [sys.executable, "-m", "kg_service", "serve", "--port", "0", "--workers", str(workers)],
            cwd=ROOT,
            env={**os.environ, **write_settings(self.settings), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    @contextmanager
    def serving(self, count: int = 1) -> Iterator[list[str]]:
        """The addresses of several services on the same data."""
        with ExitStack() as stack:
            processes = [stack.enter_context(ending(self.start())) for _ in range(count)]
            yield [wait_until_ready(process).url for process in processes]


@contextmanager
def ending(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """The process is told to stop afterwards, where it still runs."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=PATIENCE)
        finally:
            kill_group(process)


def kill_group(process: subprocess.Popen[str]) -> None:
    """kill -9 of a process and all it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=PATIENCE)


class Person:
    """Somebody with a token at one service. Each method gives the answer as it came, refusals too."""

    def __init__(self, url: str, token: str, *, timeout: float = PATIENCE) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=f"{url}/v1", headers=headers, timeout=timeout)

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Person:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self._http.get(path, headers=headers)

    def post(self, path: str, body: object) -> httpx.Response:
        return self._http.post(path, json=body)

    def stated(self, concept: str) -> tuple[dict[str, Any], str]:
        """What the draft states of a concept, and its ETag."""
        answer = self.get(f"/draft/concepts/{concept}").raise_for_status()
        return answer.json(), answer.headers["ETag"]

    def put(self, body: dict[str, Any], etag: str, message: str = "an edit") -> httpx.Response:
        """State a concept anew."""
        path, headers = f"/draft/concepts/{body['id']}", {"If-Match": etag}
        return self._http.put(path, json={"concept": body, "message": message}, headers=headers)

    def propose(self, *changes: dict[str, Any], message: str = "a proposal", **more: object) -> httpx.Response:
        return self.post("/proposals", {"changes": changes, "message": message, **more})

    def proposed(self, *changes: dict[str, Any], message: str = "a proposal") -> int:
        """The number of a proposal that was taken."""
        return self.propose(*changes, message=message).raise_for_status().json()["number"]

    def review(self, number: int, verdict: str = "accept", reason: str = "") -> httpx.Response:
        return self.post(f"/proposals/{number}/review", {"verdict": verdict, "reason": reason})

    def accepted(self, number: int) -> int:
        """The change that an accepted proposal became."""
        return self.review(number).raise_for_status().json()["change"]

    def revert(self, seq: int) -> httpx.Response:
        return self.post(f"/changes/{seq}/revert", {"message": ""})

    def publish(self, name: str = "") -> httpx.Response:
        return self.post("/releases", {"name": name})
