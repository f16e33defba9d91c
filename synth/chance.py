"""Seeds: every draw has a name, so that no draw depends on another."""

from __future__ import annotations

import hashlib


def number(seed: int, name: str) -> int:
    """A 64-bit seed for one named thing, the same on every machine and hash seed."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8], "big")
