"""Releases: what there is, the immutable bytes, and what differs between two."""

from __future__ import annotations

import gzip
from dataclasses import asdict

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...core.effect import difference
from ...core.release import load_snapshot
from ...editorial import repository
from ...editorial.database import Database
from ...editorial.repository import LATEST, ReleaseRow
from ..dependencies import JSON, DatabaseNow, is_known
from ..reading import to_json

router = APIRouter(tags=["releases"])

_FOR_EVER = "public, max-age=31536000, immutable"


@router.get("/releases")
async def releases(database: DatabaseNow) -> Response:
    """All releases, the newest first."""
    rows = await run_in_threadpool(_all, database)
    return _fresh({"items": [asdict(row) for row in rows], "next": None})


@router.get("/releases/{id}")
async def release(id: str, database: DatabaseNow) -> Response:
    """One release by its id or digest; `latest` is the newest."""
    return _fresh(asdict(await run_in_threadpool(_one, database, id)))


@router.get("/releases/{id}/snapshot")
async def snapshot(id: str, request: Request, database: DatabaseNow) -> Response:
    """The canonical bytes whose sha256 is the release's digest. Cacheable for ever, unless asked for as `latest`.

    The ETag is the digest whether the bytes travel gzipped or not: it names the content, and there are no ranges.
    """
    row = await run_in_threadpool(_one, database, id)
    headers = {
        "ETag": f'"{row.digest}"',
        "Cache-Control": "no-cache" if id == LATEST else _FOR_EVER,
        "Vary": "Accept-Encoding",
    }
    if is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    zipped = "gzip" in request.headers.get("accept-encoding", "")
    body = await run_in_threadpool(_bytes, database, row.id, zipped)
    if zipped:
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type=JSON)


@router.get("/releases/{a}/diff/{b}")
async def diff(a: str, b: str, database: DatabaseNow) -> Response:
    """What was done between two releases, in sentences, and what it does to PAPER rewards."""
    return _fresh(await run_in_threadpool(_diff, database, a, b))


def _fresh(value: object) -> Response:
    return Response(to_json(value), media_type=JSON, headers={"Cache-Control": "no-cache"})


def _all(database: Database) -> list[ReleaseRow]:
    with database.reading() as session:
        return repository.releases(session)


def _one(database: Database, name: str) -> ReleaseRow:
    with database.reading() as session:
        return repository.release(session, name)


def _bytes(database: Database, name: str, zipped: bool) -> bytes:
    with database.reading() as session:
        payload = repository.snapshot(session, name)
    return gzip.compress(payload, compresslevel=5, mtime=0) if zipped else payload


def _diff(database: Database, a: str, b: str) -> dict[str, object]:
    with database.reading() as session:
        rows = [repository.release(session, name) for name in (a, b)]
        payloads = [repository.snapshot(session, row.id) for row in rows]
    old, new = (
        load_snapshot(payload, release=row.id, expect=row.digest) for row, payload in zip(rows, payloads, strict=True)
    )
    return {"from": old.release, "to": new.release, **asdict(difference(old, new))}
