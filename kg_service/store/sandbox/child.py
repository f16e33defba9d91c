"""One query in a process of its own: the limits it runs under, and what it writes back."""

from __future__ import annotations

import ctypes
import math
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

import pyoxigraph as ox

from .frames import send

_CHUNK = 1 << 16
# The service answers others meanwhile, perhaps on the same core.
_NICENESS = 5
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> Callable[[int], None]:
    """What a child calls first, so that it does not outlive a killed keeper. Made before the fork: it loads libc."""
    if not sys.platform.startswith("linux"):
        return lambda _parent: None  # there its deadline ends it
    prctl = ctypes.CDLL(None).prctl

    def asked(parent: int) -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return asked


def answer(store: ox.Store, asked: dict[str, Any], result: socket.socket) -> None:
    """Run the query and write data frames, then one frame that says how it ended. Without that one, it was killed."""
    _confine(asked["seconds"], asked["memory"])
    out = _Bounded(result, asked["result"])
    try:
        ended = _run(store, asked, cast("IO[bytes]", out))
        out.flush()
    except SyntaxError as error:
        ended = {"error": "query-invalid", "message": str(error)}
    except MemoryError:
        ended = {"error": "query-too-large", "message": "the query needs more memory than one query may take"}
    except BaseException as error:  # a panic of the engine is no Exception
        if out.full:
            said = f"the result has more than {asked['result'] >> 20} MiB; ask for less, with LIMIT and OFFSET"
            ended = {"error": "query-too-large", "message": said}
        else:
            ended = {"error": "query-invalid", "message": f"the query failed: {error}"}
    send(result, ended)


def _confine(seconds: float, memory: int) -> None:
    """From here on the kernel ends this process: at its deadline, or when it asks for too much."""
    os.nice(_NICENESS)
    with suppress(OSError):  # where memory runs out for all, this process is the one to go
        Path("/proc/self/oom_score_adj").write_text("1000")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 2)  # the engine's last words on running out of memory are not for the service's log
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    _limit(resource.RLIMIT_CPU, math.ceil(seconds) + 1)
    _limit(resource.RLIMIT_CORE, 0)
    if (size := _address_space()) is not None:
        _limit(resource.RLIMIT_AS, size + memory)
    # No further descriptor: it can open neither a file nor a connection, whatever the query says.
    _limit(resource.RLIMIT_NOFILE, 0)


def _limit(what: int, value: int) -> None:
    resource.setrlimit(what, (value, value))


def _address_space() -> int | None:
    """Bytes mapped now, None where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return None
    return pages * resource.getpagesize()


def _run(store: ox.Store, asked: dict[str, Any], out: IO[bytes]) -> dict[str, Any]:
    found = store.query(
        asked["query"],
        default_graph=[ox.NamedNode(iri) for iri in asked["default"]],
        named_graphs=[ox.NamedNode(iri) for iri in asked["named"]],
    )
    wanted = asked["graph" if isinstance(found, ox.QueryTriples) else "solutions"]
    if wanted is None:
        kind = "a graph" if isinstance(found, ox.QueryTriples) else "solutions"
        return {"error": "not-acceptable", "message": f"the query's result is {kind}, which Accept has no format for"}
    if isinstance(found, ox.QueryTriples):
        ox.serialize(found, out, format=_known(ox.RdfFormat.from_media_type(wanted)), prefixes=asked["prefixes"])
    else:
        found.serialize(out, format=_known(ox.QueryResultsFormat.from_media_type(wanted)))
    return {"media": wanted}


def _known(format_: Any) -> Any:
    assert format_ is not None
    return format_


class _Bounded:
    """A binary file that sends what is written in frames, up to a number of bytes."""

    def __init__(self, to: socket.socket, most: int) -> None:
        self.full = False
        self._to = to
        self._left = most
        self._held = bytearray()

    def write(self, part: bytes) -> int:
        self._left -= len(part)
        if self._left < 0:
            self.full = True
            raise OSError("the result is full")
        self._held += part
        if len(self._held) >= _CHUNK:
            self.flush()
        return len(part)

    def flush(self) -> None:
        if self._held:
            send(self._to, {}, bytes(self._held))
            self._held.clear()
