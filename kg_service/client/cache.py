"""Snapshots on disk, named by their digest, so that a copy is either the right one or none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from ..core.release import digest_of
from ..job import write_bytes


def default_folder(environ: Mapping[str, str]) -> Path:
    """SKIN_R1_CACHE, else the user's cache folder."""
    if given := environ.get("SKIN_R1_CACHE"):
        return Path(given)
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "skin-r1"


class Cache:
    """A folder of snapshots, and which digest each service last gave a release name.

    Several processes may use one folder: every file is written whole or not at all.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def snapshot(self, digest: str) -> bytes | None:
        """The bytes with this digest. A damaged copy is thrown away."""
        path = self._snapshot_path(digest)
        try:
            payload = path.read_bytes()
        except OSError:
            return None
        if digest_of(payload) == digest:
            return payload
        path.unlink(missing_ok=True)
        return None

    def keep(self, payload: bytes) -> None:
        write_bytes(self._snapshot_path(digest_of(payload)), payload)

    def known(self, url: str, release: str) -> tuple[str, str] | None:
        """(release id, digest) that this service last gave this name."""
        try:
            row = json.loads(self._name_path(url, release).read_text(encoding="utf-8"))
            return str(row["release"]), str(row["digest"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def remember(self, url: str, name: str, release: str, digest: str) -> None:
        row = {"url": url, "name": name, "release": release, "digest": digest}
        write_bytes(self._name_path(url, name), json.dumps(row, sort_keys=True).encode())

    def _snapshot_path(self, digest: str) -> Path:
        # The digest comes from a configuration or from the network: only its hash may become part of a path.
        algorithm, _, hexadecimal = digest.partition(":")
        plain = algorithm == "sha256" and len(hexadecimal) == 64 and set(hexadecimal) <= set("0123456789abcdef")
        return self.folder / "snapshots" / (f"{hexadecimal}.json" if plain else _hashed(digest))

    def _name_path(self, url: str, name: str) -> Path:
        return self.folder / "releases" / _hashed(f"{url}\n{name}")


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest() + ".name"
