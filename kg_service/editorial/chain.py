"""The hash chain over changes: altering, dropping or reordering one breaks every hash after it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from .models import Change


def hash_of(change: Change) -> str:
    """sha256 over every column but the hash itself; `previous` links it to the change before."""
    row = change.model_dump(exclude={"hash"})
    return hashlib.sha256(json.dumps(row, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def broken_links(changes: Iterable[Change]) -> list[int]:
    """The seqs of changes that do not follow from the one before; empty for an intact log.

    Args:
        changes: the whole log by rising seq.
    """
    broken: list[int] = []
    previous, expected = "", 1
    for change in changes:
        if change.seq != expected or change.previous != previous or change.hash != hash_of(change):
            broken.append(change.seq)
        previous, expected = change.hash, change.seq + 1
    return broken
