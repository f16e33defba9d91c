"""The service's side of the sandbox: it starts the keeper, tells it of graphs, and waits for answers."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...core.errors import (
    NotAcceptable,
    QueryInvalid,
    QueryTimeout,
    QueryTooLarge,
    SandboxUnavailable,
    SkinR1Error,
)
from .frames import receive, send
from .kept import Keeper, Source

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
        self._keeper: Keeper | None = None
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

    def _running(self) -> Keeper:
        if self._closed:
            raise SandboxUnavailable("the service stops")
        if self._keeper is not None and self._keeper.is_dead(patience=0):
            self._drop(self._keeper)
        if self._keeper is None:
            self._keeper = Keeper()
        return self._keeper

    def _drop(self, keeper: Keeper) -> None:
        keeper.end()
        if self._keeper is keeper:
            self._keeper = None


class _KeeperGone(Exception):
    """The keeper ended before the question was answered."""


class _Killed(Exception):
    """The child ended without saying how."""
