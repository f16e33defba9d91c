"""Several things at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ..patience import PATIENCE

T = TypeVar("T")


def together(actions: Sequence[Callable[[], T]]) -> list[T]:
    """Run them in threads that start at once; their values in order. The first exception is raised again."""
    barrier = threading.Barrier(len(actions))

    def run(action: Callable[[], T]) -> T:
        barrier.wait(timeout=PATIENCE)
        return action()

    with ThreadPoolExecutor(len(actions)) as threads:
        return [future.result() for future in [threads.submit(run, action) for action in actions]]
