"""The service's side of the sandbox: it starts the keeper, tells it of graphs, and waits for answers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...core.errors import (
    NotAcceptable,
    QueryInvalid,
    QueryTimeout,
    QueryTooLarge,
    SandboxUnavailable,
    SkinR1Error,
)
from .frames import receive, send

_PACKAGE_ROOT = Path(__file__).resolve().parents[3]
_LOAD_SECONDS = 300.0
# A child writes its last frame after the deadline only where the machine is very busy.
_GRACE_SECONDS = 2.0
_ERRORS: dict[str, type[SkinR1Error]] = {kind.code: kind for kind in (QueryInvalid, QueryTooLarge, NotAcceptable)}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may take: seconds of wall time, bytes of memory beyond the graphs, bytes of result."""

    seconds: float = 10.0
    memory: int = 512 << 20
    result: int = 32 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """A graph that the keeper may not hold yet.

    Args:
        iri: its name.
        version: equal versions mean equal statements.
        statements: its N-Triples, as bytes; asked only where the keeper lacks it.
        since: from a version the keeper holds to (removed, added) N-Triples; None where that way is not open.
    """

    iri: str
    version: str
    statements: Callable[[], bytes]
    since: Callable[[str], tuple[bytes, bytes] | None] = lambda _version: None


@dataclass(frozen=True, slots=True)
class Question:
    """A query, the graphs it sees, and the media types its result may have (None: not acceptable)."""

    query: str
    default: tuple[Source, ...]
    named: tuple[Source, ...] = ()
    solutions: str | None = "application/sparql-results+json"
    graph: str | None = "text/turtle"
    prefixes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    body: bytes
    media: str


class Sandbox:
    """Answers queries. Every method may be called from any thread; the keeper starts with the first question.

    Args:
        limits: of each query.
        graphs: how many graphs the keeper holds; the one asked for longest ago goes first.
    """

    def __init__(self, limits: Limits, *, graphs: int = 4) -> None:
        self.limits = limits
        self._graphs = graphs
        self._keeper: _Keeper | None = None
        self._closed = False
        self._lock = threading.Lock()

    def ask(self, question: Question) -> Answer:
        """Run one query.

        Raises:
            QueryInvalid: it does not parse, or fails.
            QueryTimeout: it was still running at the deadline.
            QueryTooLarge: it took more memory than it may, or its result has too many bytes.
            NotAcceptable: its result has no format among those wanted.
            SandboxUnavailable: the keeper cannot be started or keeps dying.
        """
        for _ in range(2):
            try:
                return self._ask(question)
            except _KeeperGone:
                continue
        raise SandboxUnavailable("the process that answers queries ended twice; try again")

    def close(self) -> None:
        """End the keeper and whatever still runs below it, for good."""
        with self._lock:
            self._closed = True
            if self._keeper is not None:
                self._keeper.end()
                self._keeper = None

    @property
    def keeper_id(self) -> int | None:
        """The keeper's process id, None before the first question."""
        return self._keeper.process.pid if self._keeper else None

    def _ask(self, question: Question) -> Answer:
        ours, theirs = socket.socketpair()
        with ours:
            with theirs, self._lock:
                keeper = self._running()
                try:
                    for source in (*question.default, *question.named):
                        keeper.bring(source)
                    keeper.forget(self._graphs, keep={s.iri for s in (*question.default, *question.named)})
                    send(keeper.control, self._head(question), descriptor=theirs.fileno())
                except OSError as error:
                    self._drop(keeper)
                    raise _KeeperGone from error
            began = time.monotonic()
            try:
                return self._result(ours)
            except (OSError, _Killed) as error:
                if keeper.is_dead():
                    raise _KeeperGone from error
                if isinstance(error, TimeoutError):  # the kernel would have ended the child: the keeper never forked
                    with self._lock:
                        self._drop(keeper)
                    raise QueryTimeout(self._too_long()) from error
                if time.monotonic() - began >= self.limits.seconds * 0.95:
                    raise QueryTimeout(self._too_long()) from error
                raise QueryTooLarge(
                    f"the query needs more than the {self.limits.memory >> 20} MiB of memory, or more nesting, than "
                    "one query may take"
                ) from error

    def _head(self, question: Question) -> dict[str, object]:
        return {
            "do": "ask",
            "query": question.query,
            "default": [source.iri for source in question.default],
            "named": [source.iri for source in question.named],
            "solutions": question.solutions,
            "graph": question.graph,
            "prefixes": dict(question.prefixes),
            "seconds": self.limits.seconds,
            "memory": self.limits.memory,
            "result": self.limits.result,
        }

    def _result(self, ours: socket.socket) -> Answer:
        deadline = time.monotonic() + self.limits.seconds + _GRACE_SECONDS
        parts: list[bytes] = []
        while True:
            ours.settimeout(max(deadline - time.monotonic(), 0.001))
            frame = receive(ours)
            if frame is None:
                raise _Killed
            head, body, _ = frame
            if "error" in head:
                raise _ERRORS[head["error"]](head["message"])
            if "media" in head:
                return Answer(b"".join(parts), head["media"])
            parts.append(body)

    def _too_long(self) -> str:
        return f"the query was still running after {self.limits.seconds:g} s; make it more selective, or add LIMIT"

    def _running(self) -> _Keeper:
        if self._closed:
            raise SandboxUnavailable("the service stops")
        if self._keeper is not None and self._keeper.is_dead(patience=0):
            self._drop(self._keeper)
        if self._keeper is None:
            self._keeper = _Keeper()
        return self._keeper

    def _drop(self, keeper: _Keeper) -> None:
        keeper.end()
        if self._keeper is keeper:
            self._keeper = None


class _KeeperGone(Exception):
    """The keeper ended before the question was answered."""


class _Killed(Exception):
    """The child ended without saying how."""


class _Keeper:
    """The keeper's process and the graphs it holds. Used under the sandbox's lock."""

    def __init__(self) -> None:
        self.control, theirs = socket.socketpair()
        # Neither our environment, which may hold secrets, nor our signals are the keeper's.
        environment = {"PYTHONPATH": str(_PACKAGE_ROOT), "PATH": os.defpath}
        with theirs:
            try:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", f"{__package__}.keeper", str(theirs.fileno())],
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    env=environment,
                    start_new_session=True,
                )
            except OSError as error:
                self.control.close()
                raise SandboxUnavailable(f"the process that answers queries cannot be started: {error}") from error
        self.control.settimeout(_LOAD_SECONDS)
        self._held: OrderedDict[str, str] = OrderedDict()

    def bring(self, source: Source) -> None:
        """Make the keeper hold this version of a graph.

        Raises:
            OSError: the keeper has gone.
        """
        held = self._held.get(source.iri)
        if held != source.version:
            changed = source.since(held) if held is not None else None
            if changed is None:
                self._tell({"do": "load", "graph": source.iri}, source.statements())
            else:
                removed, added = changed
                self._tell({"do": "change", "graph": source.iri, "removed": len(removed)}, removed + added)
            self._held[source.iri] = source.version
        self._held.move_to_end(source.iri)

    def forget(self, most: int, *, keep: set[str]) -> None:
        """Drop graphs beyond a number, except some, the one asked for longest ago first."""
        for iri in [iri for iri in self._held if iri not in keep][: max(len(self._held) - most, 0)]:
            self._tell({"do": "drop", "graph": iri})
            del self._held[iri]

    def _tell(self, head: dict[str, object], body: bytes = b"") -> None:
        send(self.control, head, body)
        if receive(self.control) is None:
            raise ConnectionResetError("the keeper has gone")

    def is_dead(self, patience: float = 0.2) -> bool:
        """Whether it has ended; its children notice a moment before we do, hence the patience, in seconds."""
        try:
            self.process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self) -> None:
        self.control.close()
        self.process.kill()
        self.process.wait()
