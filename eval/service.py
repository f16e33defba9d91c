"""The knowledge service as a subprocess of a chain: started, waited for, asked what it serves, stopped."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from kg_service.core.errors import KnowledgeUnavailable
from kg_service.job import write_json

from .stages import LAST_LINES, child_environment, die_with_parent, stop

HOST = "127.0.0.1"
# The service of a chain that was killed finishes what it answers before it gives its port back.
_LINGER_SECONDS = 15.0
_READY = re.compile(rb"^(http://\S+) release ", re.MULTILINE)


@dataclass(frozen=True)
class Served:
    """A service that answers, and the release it answers from."""

    url: str
    release: str
    digest: str


@contextmanager
def serving(folder: Path, *, ready_seconds: float = 300.0) -> Iterator[Served]:
    """Serve `folder/service` for as long as the block runs. The port is kept over restarts where it is free.

    Raises:
        KnowledgeUnavailable: it did not become healthy; the message holds the end of its log.
    """
    kept = folder / "chain" / "port.json"
    port = _port(kept)
    log = folder / "logs" / "service.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = ["kg_service", "serve", "--host", HOST, "--port", str(port), "--data", str(folder / "service")]
    with log.open("ab") as file:
        before = file.tell()
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**child_environment(os.environ), "SKIN_R1_LOG_FORMAT": "text"},
            start_new_session=True,  # Ctrl-C reaches the stages first; this block stops the service
            preexec_fn=die_with_parent,
        )
    try:
        url, health = _wait(process, log, before, ready_seconds)
        found = int(url.rpartition(":")[2])
        if found != port:
            write_json(kept, {"port": found})
        yield Served(url, str(health["release"]), str(health["digest"]))
    finally:
        stop(process)


def _port(path: Path) -> int:
    """The port of the last start where it is free, else 0 for any. Jobs compare configurations, and it is in them."""
    if not path.is_file():
        return 0
    wanted = int(json.loads(path.read_text(encoding="utf-8"))["port"])
    deadline = time.monotonic() + _LINGER_SECONDS
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, wanted))
            except OSError:
                if time.monotonic() > deadline:
                    return 0
            else:
                return wanted
        time.sleep(0.1)


def _wait(process: subprocess.Popen[bytes], log: Path, before: int, seconds: float) -> tuple[str, dict[str, object]]:
    """The address and the health of this service: it says where it listens, so that no other is taken for it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        if told := _READY.search(log.read_bytes(), before):
            url = told[1].decode()
            with suppress(httpx.TransportError):
                answer = httpx.get(f"{url}/v1/health", timeout=30)
                if answer.status_code == httpx.codes.OK:
                    return url, answer.json()
        time.sleep(0.1)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
    how = "ended" if process.poll() is not None else f"was not healthy after {seconds:.0f} s"
    raise KnowledgeUnavailable(f"the knowledge service {how}; its log {log} ends with\n    " + "\n    ".join(lines))
