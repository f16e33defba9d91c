"""The keeper as the service sees it: a process, and the graphs that it holds."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import SandboxUnavailable
from .frames import receive, send

_PACKAGE_ROOT = Path(__file__).resolve().parents[3]
_LOAD_SECONDS = 300.0


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


class Keeper:
    """A running keeper. Used under the sandbox's lock.

    Raises:
        SandboxUnavailable: it cannot be started.
    """

    def __init__(self) -> None:
        self.control, theirs = socket.socketpair()
        # Neither our environment, which may hold secrets, nor our signals are the keeper's.
        paths = [str(_PACKAGE_ROOT), *filter(None, sys.path)]
        environment = {"PYTHONPATH": os.pathsep.join(paths), "PATH": os.defpath}
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
        """Whether it has gone, looked at for so many seconds: it closes its files one after the other.

        The line says so and not the process: that may need long on a busy machine until it can be waited for, and its
        children's ends would be taken for their own doing.
        """
        try:
            line = select.poll()
            line.register(self.control, 0)  # that a line hung up is told unasked
            return bool(line.poll(patience * 1000))
        except ValueError:  # another thread has found it dead and closed our end
            return True

    def end(self) -> None:
        self.control.close()
        self.process.kill()
        self.process.wait()
