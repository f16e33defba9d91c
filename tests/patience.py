"""How long a test waits for what comes in the end, however crowded the machine is. No test asserts speed."""

from __future__ import annotations

import inspect
import random
import socket
import time
from collections.abc import Callable

import httpx

PATIENCE = 300.0  # seconds; what takes longer hangs


def eventually(what: Callable[[], object], seconds: float = PATIENCE):
    """The first value that counts as true."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)
    return found


def be_patient_with_http() -> None:
    """httpx gives up after five seconds where it is told nothing; on a crowded machine a first answer may take longer.

    All its functions share one default, which is changed for the tests' own requests: our programs name their limits.
    """
    default = inspect.signature(httpx.get).parameters["timeout"].default
    assert inspect.signature(httpx.Client).parameters["timeout"].default is default
    for part in ("connect", "read", "write", "pool"):
        setattr(default, part, PATIENCE)


def free_port() -> int:
    """A port for a program that cannot choose one by itself, or is started again on the same.

    It lies below those that the system gives away by itself: nobody else gets it before our program has taken it, or
    while that is down.
    """
    while True:
        port = random.SystemRandom().randrange(10_000, 30_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
