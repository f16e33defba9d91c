"""The knowledge service as a subprocess of a chain: started, waited for, asked what it serves, stopped."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from kg_service.core.errors import KnowledgeUnavailable
from kg_service.job import write_json

from .stages import LAST_LINES, child_environment, die_with_parent, stop

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Served:
    """A service that answers, and the release it answers from."""

    url: str
    release: str
    digest: str


@contextmanager
def serving(folder: Path, *, ready_seconds: float = 120.0) -> Iterator[Served]:
    """Serve `folder/service` for as long as the block runs. The port is kept over restarts where it is free.

    Raises:
        KnowledgeUnavailable: it did not become healthy; the message holds the end of its log.
    """
    port = _port(folder / "chain" / "port.json")
    log = folder / "logs" / "service.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = ["kg_service", "serve", "--host", HOST, "--port", str(port), "--data", str(folder / "service")]
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=child_environment(os.environ),
            start_new_session=True,  # Ctrl-C reaches the stages first; this block stops the service
            preexec_fn=die_with_parent,
        )
    try:
        health = _wait(f"http://{HOST}:{port}", process, log, ready_seconds)
        yield Served(f"http://{HOST}:{port}", str(health["release"]), str(health["digest"]))
    finally:
        stop(process)


def _port(path: Path) -> int:
    """The port of the last start where it is free, else any. Jobs compare configurations, and the port is in them."""
    wanted = 0
    if path.is_file():
        wanted = int(json.loads(path.read_text(encoding="utf-8"))["port"])
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            found = int(probe.getsockname()[1])
        if found != wanted:
            write_json(path, {"port": found})
        return found
    raise KnowledgeUnavailable(f"no free port on {HOST}")


def _wait(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float) -> dict[str, object]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            answer = httpx.get(f"{url}/v1/health", timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
            continue
        if answer.status_code == httpx.codes.OK:
            return answer.json()
        time.sleep(0.2)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
    how = "ended" if process.poll() is not None else f"was not healthy after {seconds:.0f} s"
    raise KnowledgeUnavailable(f"the knowledge service {how}; its log {log} ends with\n    " + "\n    ".join(lines))
