"""`make bench`: how fast, always beside a baseline measured in the same run. Never a test: clocks prove nothing in CI.

Goals are those of the design (knowledge.md): 5 M label pairs a second in process, 1 M over REST, 2,500 GETs a second,
boot under a second at 4,000 concepts.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import networkx as nx
import numpy as np

from kg_service.core.concept import Concept, Condition
from kg_service.core.knowledge import Knowledge
from kg_service.core.release import compile_snapshot, load_snapshot
from kg_service.core.reward import PAPER, score_column, score_labels

CONCEPTS, PAIRS = 4_000, 100_000


def synthetic(size: int, seed: int = 0) -> list[Concept]:
    """A random multi-parent hierarchy of `size` concepts with three labels each."""
    rng = random.Random(seed)
    parents: list[tuple[int, ...]] = [()]
    for n in range(1, size):
        above = [rng.randrange(max(0, n // 4 - 40), n // 4 + 1)] + (
            [rng.randrange(0, n // 4 + 1)] if n % 10 == 0 else []
        )
        parents.append(tuple(dict.fromkeys(above)))
    inner = {p for above in parents for p in above}
    return [
        Concept(
            f"c{n}",
            f"disease number {n}",
            tuple(f"c{p}" for p in above),
            None if n in inner else Condition.BENIGN,
            (f"synonym {n} of it", f"D{n}X"),
        )
        for n, above in enumerate(parents)
    ]


def best(action: Callable[[], object], repeat: int = 5) -> float:
    """Seconds of the fastest of `repeat` runs."""
    return min(_clock(action) for _ in range(repeat))


def _clock(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def line(what: str, figure: str, against: str = "") -> None:
    print(f"{what:<46}{figure:>18}   {against}", flush=True)


def in_process(knowledge: Knowledge) -> None:
    rng = np.random.default_rng(0)
    ids = np.array(knowledge.taxonomy.ids)
    predicted, golds = rng.choice(ids, PAIRS).tolist(), rng.choice(ids, PAIRS).tolist()
    labels = [knowledge.label(concept) for concept in predicted]
    score_labels(labels, golds, knowledge, PAPER)
    ours = best(lambda: score_labels(labels, golds, knowledge, PAPER))

    graph = nx.DiGraph((p, c) for c in knowledge.concepts for p in knowledge.taxonomy.parents(c))
    above: dict[str, set[str]] = {c: nx.ancestors(graph, c) | {c} for c in knowledge.concepts}
    some = 2_000

    def with_sets() -> None:
        for a, b in zip(predicted, golds, strict=True):
            max((knowledge.taxonomy.level(c) for c in above[a] & above[b]), default=0)

    def with_networkx() -> None:
        for a, b in zip(predicted[:some], golds[:some], strict=True):
            max(knowledge.taxonomy.level(c) for c in (nx.ancestors(graph, a) | {a}) & (nx.ancestors(graph, b) | {b}))

    sets, walked = best(with_sets, 2), best(with_networkx, 1) * PAIRS / some
    line("score label pairs, in process", f"{PAIRS / ours / 1e6:.1f} M/s", "goal 5 M/s")
    line(
        "  networkx ancestors + intersect", f"{PAIRS / walked / 1e6:.3f} M/s", f"ours is {walked / ours:,.0f} x faster"
    )
    line("  precomputed Python sets", f"{PAIRS / sets / 1e6:.2f} M/s", f"ours is {sets / ours:,.0f} x faster")

    replies = [
        f"<thinking>seen</thinking>\n<diagnosis>{label}</diagnosis>\n<condition>benign</condition>"
        for label in labels[:20_000]
    ]
    whole = best(lambda: score_column(replies, golds[: len(replies)], knowledge, PAPER), 2)
    line("score whole replies, in process", f"{len(replies) / whole / 1e3:.0f} k/s")

    fresh = load_snapshot(compile_snapshot(knowledge.concepts.values()))
    distinct = list(dict.fromkeys(labels))
    cold = _clock(lambda: [fresh.resolve(label) for label in distinct])
    warm = best(lambda: [knowledge.resolve(label) for label in labels])
    line("resolve a label, first time / again", f"{cold / len(distinct) * 1e6:.1f} / {warm / PAIRS * 1e6:.2f} us")


def build(concepts: list[Concept]) -> bytes:
    payload = compile_snapshot(concepts)
    built = best(lambda: compile_snapshot(concepts), 2)
    loaded = best(lambda: load_snapshot(payload), 2)
    table = _clock(lambda: load_snapshot(payload).taxonomy.meet_levels([0], [1])) - loaded
    line(f"compile a snapshot of {len(concepts):,} concepts", f"{built * 1e3:.0f} ms", f"{len(payload) / 1e6:.2f} MB")
    line("load it / build the meet table", f"{loaded * 1e3:.0f} / {max(table, 0) * 1e3:.0f} ms", "goal: boot under 1 s")
    return payload


def over_http(folder: Path) -> None:
    """The real service on the project's own ontologies: one worker, one client on the other core."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "kg_service",
        "serve",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--data",
        str(folder),
    ]
    for start in ("first start (import, SHACL, publish)", "start again"):
        began = time.perf_counter()
        log = (folder / "serve.log").open("ab")
        server = subprocess.Popen(command, stdout=log, stderr=log)
        base = f"http://127.0.0.1:{port}"
        while True:
            if server.poll() is not None:
                raise SystemExit(f"the service stopped: {(folder / 'serve.log').read_text()[-2000:]}")
            try:
                httpx.get(f"{base}/v1/health").raise_for_status()
                break
            except httpx.TransportError:
                time.sleep(0.02)
        line(start, f"{time.perf_counter() - began:.2f} s")
        if start == "start again":
            break
        server.send_signal(signal.SIGTERM)
        server.wait(20)
    try:
        _requests(base, port)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


def _requests(base: str, port: int) -> None:
    ids = [item["id"] for item in httpx.get(f"{base}/v1/concepts", params={"limit": 100}).json()["items"]]
    labels = [item["prefLabel"] for item in httpx.get(f"{base}/v1/concepts", params={"limit": 100}).json()["items"]]
    count = 3_000
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def gets() -> None:
            for n in range(count):
                wire.sendall(f"GET /v1/concepts/{ids[n % len(ids)]} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
                _read(wire)

        gets()
        line("GET one concept", f"{count / best(gets, 2):,.0f} /s", "goal 2,500 /s a worker")
        for size in (1_000, 100_000):
            rng = random.Random(0)
            body = json.dumps(
                {
                    "labels": [rng.choice(labels) for _ in range(size)],
                    "golds": [rng.choice(ids) for _ in range(size)],
                    "spec": "paper",
                }
            ).encode()
            head = (
                "POST /v1/score HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            ).encode()

            def post(payload: bytes = head + body) -> None:
                wire.sendall(payload)
                _read(wire)

            post()
            seconds = best(post)
            line(f"POST /v1/score, {size:,} label pairs", f"{size / seconds / 1e6:.2f} M/s", "goal 1 M/s")


def _read(wire: socket.socket) -> None:
    """Read one HTTP/1.1 answer with a Content-Length."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += wire.recv(1 << 16)
    head, _, rest = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"unexpected answer: {head[:200]!r} {rest[:500]!r}")
    length = next(int(row.split(b":")[1]) for row in head.split(b"\r\n") if row.lower().startswith(b"content-length"))
    left = length - len(rest)
    while left > 0:
        left -= len(wire.recv(min(left, 1 << 20)))


def main() -> None:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    concepts = synthetic(CONCEPTS)
    knowledge = load_snapshot(build(concepts))
    in_process(knowledge)
    with tempfile.TemporaryDirectory() as folder:
        over_http(Path(folder))


if __name__ == "__main__":
    main()
