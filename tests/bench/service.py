"""The real service in a process of its own, with one client on the other core."""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psutil

from kg_service.core.content import Content
from kg_service.settings import Settings

from .clock import Table, best, seconds, spread

_GETS, _ROWS, _EDITS = 2_000, 100_000, 40


@contextmanager
def running(settings: Settings) -> Iterator[tuple[str, subprocess.Popen[bytes], float]]:
    """(address, process, seconds until it answered)."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "kg_service", "serve", "--port", str(port), "--data", str(settings.data)]
    began = time.perf_counter()
    log = (settings.data / "serve.log").open("ab")
    server = subprocess.Popen(command, stdout=log, stderr=log)
    base = f"http://127.0.0.1:{port}"
    try:
        while True:
            if server.poll() is not None:
                raise SystemExit(f"the service stopped: {(settings.data / 'serve.log').read_text()[-2000:]}")
            try:
                httpx.get(f"{base}/v1/health").raise_for_status()
                break
            except httpx.TransportError:
                time.sleep(0.01)
        yield base, server, time.perf_counter() - began
    finally:
        server.terminate()
        server.wait(30)
        log.close()


def measure(settings: Settings, content: Content, table: Table) -> dict[str, float]:
    """Fill the column of this size. Returns seconds per question, for the ratios to the peers."""
    size = len(content.concepts)
    token = subprocess.run(
        [sys.executable, "-m", "kg_service", "admin", "token", "--data", str(settings.data), "--role", "reviewer"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    with running(settings) as (base, server, boot):
        table.put("boot, until the first answer", size, f"{boot:.2f} s", "1 s at 4,000")
        table.put("memory after boot", size, f"{_megabytes(server):,.0f} MB")
        found = _reads(base, content, table, size)
        edit = _edits(base, token, content, table, size)
        table.put("memory with the draft", size, f"{_megabytes(server):,.0f} MB")
    return {**found, "edit": edit, "boot": boot}


def _megabytes(server: subprocess.Popen[bytes]) -> float:
    return psutil.Process(server.pid).memory_info().rss / 1e6


def _reads(base: str, content: Content, table: Table, size: int) -> dict[str, float]:
    rng = random.Random(0)
    ids = list(content.concepts)
    asked = rng.sample(ids, min(len(ids), _GETS))
    labels = [content.concepts[id_].pref_label for id_ in asked]
    port = int(base.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def gets() -> None:
            for id_ in asked:
                _ask(wire, f"GET /v1/concepts/{id_}")

        gets()
        get = best(gets) / len(asked)
        table.put("GET one concept, per second", size, f"{1 / get:,.0f}", "2,500")

        queries = [label.replace("disease ", "dis") if n % 2 else label for n, label in enumerate(labels[:200])]
        times = [seconds(lambda q=q: _ask(wire, f"GET /v1/search?q={q.replace(' ', '%20')}")) for q in queries]
        median, late = spread(times)
        table.put("search, median / 95th", size, f"{median * 1e3:.1f} / {late * 1e3:.1f} ms", "30 ms at the 95th")

        body = json.dumps({"labels": [rng.choice(labels) for _ in range(_ROWS)]})[:-1]
        golds = json.dumps([rng.choice(ids) for _ in range(_ROWS)])
        scored = f'{body}, "golds": {golds}, "spec": "paper"}}'
        _ask(wire, "POST /v1/score", scored)
        score = best(lambda: _ask(wire, "POST /v1/score", scored)) / _ROWS
        table.put("score, columns of 100,000 pairs, per second", size, f"{1 / score / 1e6:.2f} M", "1 M")

        distinct = json.dumps({"labels": labels})
        resolve = seconds(lambda: _ask(wire, "POST /v1/resolve", distinct)) / len(labels)
        table.put("resolve a label over REST, first time", size, f"{resolve * 1e6:.1f} us")
    return {"get": get, "search": median, "score": score, "resolve": resolve}


def _edits(base: str, token: str, content: Content, table: Table, size: int) -> float:
    """A synonym added by read, modify, write: validated, logged, on disk."""
    head = {"authorization": f"Bearer {token}"}
    ids = random.Random(1).sample(list(content.concepts), _EDITS + 5)
    times: list[float] = []
    with httpx.Client(base_url=f"{base}/v1/draft/concepts", headers=head, timeout=120) as http:
        for n, id_ in enumerate(ids):
            read = http.get(f"/{id_}")
            stated: dict[str, Any] = read.json()
            stated["altLabels"].append(f"further name {n} {id_}")
            body = {"concept": stated, "message": "bench"}
            start = time.perf_counter()
            answer = http.put(f"/{id_}", json=body, headers={"If-Match": read.headers["etag"]})
            times.append(time.perf_counter() - start)
            if answer.status_code != 200:
                raise SystemExit(f"the edit was refused: {answer.text[:500]}")
    median, late = spread(times[5:])  # the first ones load the RDF libraries
    table.put("edit (SHACL, log, fsync), median / 95th", size, f"{median * 1e3:.0f} / {late * 1e3:.0f} ms", "30 ms")
    return median


def _ask(wire: socket.socket, line: str, body: str = "") -> bytes:
    """One HTTP/1.1 request and its answer, with as little of a client as possible between."""
    payload = body.encode()
    head = f"{line} HTTP/1.1\r\nHost: bench\r\n"
    if payload:
        head += f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n"
    wire.sendall(head.encode() + b"\r\n" + payload)
    data = b""
    while b"\r\n\r\n" not in data:
        data += wire.recv(1 << 16)
    header, _, rest = data.partition(b"\r\n\r\n")
    if not header.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"unexpected answer: {header[:200]!r} {rest[:500]!r}")
    length = next(int(row.split(b":")[1]) for row in header.split(b"\r\n") if row.lower().startswith(b"content-length"))
    parts, left = [rest], length - len(rest)
    while left > 0:
        part = wire.recv(min(left, 1 << 20))
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
