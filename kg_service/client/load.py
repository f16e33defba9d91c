"""A configuration's `[knowledge]` table -> `Knowledge`, from a file, the service or the cache."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, ValidationError

from ..core.errors import ConfigInvalid, DigestMismatch, KnowledgeUnavailable
from ..core.knowledge import Knowledge
from ..core.release import digest_of, load_snapshot
from ..wire import ReleaseInfo
from .cache import Cache, default_folder
from .http import Connection

LATEST = "latest"

_log = logging.getLogger("kg_service.client")


class KnowledgeSource(BaseModel):
    """Where a job gets its knowledge from: a snapshot file (`path`) or a service (`url`).

    `digest` pins the content; a run with a digest cannot silently get another release. `release` is an id or "latest".
    `cache` is the folder for pulled snapshots, by default SKIN_R1_CACHE or the user's cache folder. Empty means unset.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = ""
    path: str = ""
    release: str = LATEST
    digest: str = ""
    cache: str = ""


def load(source: KnowledgeSource) -> Knowledge:
    """The knowledge a job was told to use.

    Raises:
        ConfigInvalid: neither a path nor a URL, or a path that cannot be read.
        KnowledgeUnavailable: no service and nothing cached.
        DigestMismatch: the content is not the pinned one.
        UnknownRelease: the service has no such release.
    """
    if source.path:
        return _from_file(source)
    if not source.url:
        raise ConfigInvalid(
            'the configuration names no knowledge: set knowledge.path = "snapshot.json" (made by `python -m kg_service '
            'compile`) or knowledge.url = "http://127.0.0.1:8000" (a running service)'
        )
    release, payload = _pull(source.url, source.release, source.digest, Path(source.cache) if source.cache else None)
    return load_snapshot(payload, release=release, expect=source.digest or None)


def pull(url: str, release: str = LATEST, digest: str = "", cache: Path | None = None) -> bytes:
    """The snapshot bytes of a release, verified. Works from the cache where the service cannot be reached.

    Args:
        url: the service's address, without `/v1`.
        release: id, or "latest".
        digest: what the bytes must have; where the cache holds it, the service is not even asked.
        cache: the folder; by default SKIN_R1_CACHE or the user's cache folder.

    Raises:
        KnowledgeUnavailable, DigestMismatch, UnknownRelease: see `load`.
    """
    return _pull(url, release, digest, cache)[1]


def _from_file(source: KnowledgeSource) -> Knowledge:
    path = Path(source.path)
    if path.is_dir():
        raise ConfigInvalid(f"{path} is a folder; compile it first: python -m kg_service compile {path} --out FILE")
    try:
        payload = path.read_bytes()
    except OSError as error:
        raise ConfigInvalid(f"the snapshot {path} cannot be read: {error.strerror}") from error
    release = "" if source.release == LATEST else source.release
    return load_snapshot(payload, release=release, expect=source.digest or None)


def _pull(url: str, release: str, digest: str, folder: Path | None) -> tuple[str, bytes]:
    """(release id, snapshot bytes)."""
    cache = Cache(folder or default_folder(os.environ))
    url, name = url.rstrip("/"), release or LATEST
    if digest and (payload := cache.snapshot(digest)) is not None:
        known = cache.known(url, name)
        named = known[0] if known and known[1] == digest else "" if name == LATEST else name
        return named, payload
    # A pinned digest says it all: the release is asked for by it, so that "latest" moving on does no harm.
    wanted = digest if digest and name == LATEST else name
    try:
        with Connection(url) as connection:
            found = _release_info(connection, wanted)
            id_, stated = found.id, found.digest
            if digest and digest != stated:
                raise DigestMismatch(
                    f"release {id_} of {url} has the digest {stated}, but {digest} is pinned. Take the digest out of "
                    "the configuration, or name the release it belongs to."
                )
            payload = cache.snapshot(stated)
            if payload is None:
                payload = connection.get(f"/releases/{quote(id_, safe='')}/snapshot").content
                _verify(payload, stated)
                cache.keep(payload)
            cache.remember(url, name, id_, stated)
            return id_, payload
    except KnowledgeUnavailable as error:
        return _without_service(cache, url, name, error)


def _release_info(connection: Connection, name: str) -> ReleaseInfo:
    try:
        return ReleaseInfo.model_validate_json(connection.get(f"/releases/{quote(name, safe=':')}").content)
    except ValidationError as error:
        raise KnowledgeUnavailable(
            f"{connection.url} answers, but not as a knowledge service; check the URL."
        ) from error


def _verify(payload: bytes, digest: str) -> None:
    """
    Raises:
        DigestMismatch: the bytes are not those of the digest; nothing may be cached.
    """
    if digest_of(payload) != digest:
        raise DigestMismatch(
            f"the snapshot arrived with the digest {digest_of(payload)} instead of {digest}: it was damaged or altered "
            "on the way. Pull it again, and look at what stands between here and the service."
        )


def _without_service(cache: Cache, url: str, name: str, error: KnowledgeUnavailable) -> tuple[str, bytes]:
    known = cache.known(url, name)
    payload = cache.snapshot(known[1]) if known else None
    if known is None or payload is None:
        raise KnowledgeUnavailable(f"{error} Nothing is cached for release {name!r} in {cache.folder}.") from error
    _log.warning("%s cannot be reached; using release %s (%s) from %s", url, *known, cache.folder)
    return known[0], payload
