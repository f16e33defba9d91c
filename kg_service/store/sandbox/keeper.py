"""The keeper: `python -m kg_service.store.sandbox.keeper FD`. One thread, one store in memory, one fork per query.

It ends when the service closes the other end of the socket, also where the service was killed.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from typing import Any

import pyoxigraph as ox

from .child import answer, die_with_parent
from .frames import receive, send


def main(descriptor: int) -> None:
    """Obey the service until it goes: load, change and drop graphs; fork for each query."""
    control = socket.socket(fileno=descriptor)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps the children: nobody asks how they ended
    store = ox.Store()
    parent_death = die_with_parent()
    gc.freeze()
    while (frame := receive(control)) is not None:
        head, body, result = frame
        if head["do"] == "ask":
            assert result is not None
            _fork(store, head, control, result, parent_death)
        else:
            _change(store, head, body)
            send(control, {"done": head["do"]})


def _change(store: ox.Store, head: dict[str, Any], body: bytes) -> None:
    graph = ox.NamedNode(head["graph"])
    if head["do"] in ("load", "drop"):
        store.remove_graph(graph)
    removed, added = body[: head.get("removed", 0)], body[head.get("removed", 0) :]
    for parsed in ox.parse(removed, format=ox.RdfFormat.N_TRIPLES):
        store.remove(ox.Quad(parsed.subject, parsed.predicate, parsed.object, graph))
    if added:
        store.load(added, format=ox.RdfFormat.N_TRIPLES, to_graph=graph)


def _fork(store: ox.Store, head: dict[str, Any], control: socket.socket, result: int, parent_death: Any) -> None:
    keeper = os.getpid()
    if os.fork() == 0:
        # No way out of this branch but _exit: nothing of the keeper may run twice.
        try:
            parent_death(keeper)
            control.close()
            answer(store, head, socket.socket(fileno=result))
        finally:
            os._exit(1)
    os.close(result)


if __name__ == "__main__":
    main(int(sys.argv[1]))
