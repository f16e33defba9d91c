"""A real knowledge service for tests: uvicorn in a thread, or the command line in a process of its own."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from kg_service.api.connection import Connection
from kg_service.service import create_app
from kg_service.settings import Settings

from .patience import PATIENCE

ROOT = Path(__file__).resolve().parent.parent
MINI = ROOT / "tests" / "fixtures" / "mini"


@contextmanager
def serving(data: Path, *, ontologies: Path = MINI, database_url: str = "", **settings: Any) -> Iterator[str]:
    """The address of a service running in a thread of this process."""
    app = create_app(Settings(data=data, ontologies=ontologies, database_url=database_url, **settings))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", http=Connection))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + PATIENCE
        while not server.started:
            assert thread.is_alive(), "the service did not start"
            assert time.monotonic() < deadline, "the service does not start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=PATIENCE)


@dataclass
class Started:
    """`python -m kg_service serve` as a process. `ready` is its line on stderr, `url` the address in it."""

    process: subprocess.Popen[str]
    ready: str

    @property
    def url(self) -> str:
        return self.ready.split()[0]


def spawn(*arguments: str | Path, program: tuple[str, ...] = ("-m", "kg_service")) -> subprocess.Popen[str]:
    """Start the command line without waiting for it."""
    return subprocess.Popen(
        [sys.executable, *program, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a verb of the command line to its end."""
    return subprocess.run(
        [sys.executable, "-m", "kg_service", *map(str, arguments)],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def wait_until_ready(process: subprocess.Popen[str]) -> Started:
    """Read stderr until the line that says where the service listens."""
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            lines.put(line)
        lines.put("")

    threading.Thread(target=read, daemon=True).start()
    seen: list[str] = []
    while True:
        line = lines.get(timeout=PATIENCE)
        seen.append(line)
        assert line, f"the service ended with {process.wait(PATIENCE)}: {''.join(seen)}"
        if re.match(r"http://\S+ release ", line):
            return Started(process, line.strip())


@contextmanager
def process_serving(data: Path, *, ontologies: Path = MINI) -> Iterator[Started]:
    process = spawn("serve", "--port", "0", "--data", data, "--ontologies", ontologies)
    try:
        yield wait_until_ready(process)
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
