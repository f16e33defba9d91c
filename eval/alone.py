"""One process at a time: two that write into each other's files would leave a file of both."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kg_service.core.errors import ConfigInvalid


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a file, made where it is missing and otherwise left as it is, for as long as the block runs or the process
    lives.

    Raises:
        ConfigInvalid: another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigInvalid(f"another process is writing {path}; wait for it or choose another folder") from None
        yield
