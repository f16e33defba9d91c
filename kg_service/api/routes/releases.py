"""Releases: what there is, the immutable bytes, and what differs between two."""

from __future__ import annotations

import gzip
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...core.effect import difference
from ...editorial import repository
from ...editorial.database import Database
from ...editorial.publishing import publish
from ...editorial.repository import LATEST, ReleaseRow
from ...wire import ReleaseInfo
from ...wire.answers import Difference, ReleaseList
from ...wire.editing import PublishRequest, ReleaseNotes
from ..access import AReviewer
from ..dependencies import JSON, ClockNow, DatabaseNow, ViewsNow, fresh, is_known, json_body, takes
from ..graphs import answer_release
from ..negotiation import FORMAT_PARAMETER, RELEASE_FORMATS, ReleaseFormat, described, varying
from ..openapi import gives
from ..views import Views

router = APIRouter(tags=["releases"])

_NQUADS = "application/n-quads"
_FOR_EVER = "max-age=31536000, immutable"


@router.get("/releases", responses=gives(ReleaseList))
async def releases(database: DatabaseNow) -> Response:
    """All releases, the newest first."""
    rows = await run_in_threadpool(_all, database)
    return fresh({"items": [asdict(row) for row in rows], "next": None})


@router.get("/releases/{id}", responses=described(ReleaseInfo, RELEASE_FORMATS), openapi_extra=FORMAT_PARAMETER)
async def release(id: str, request: Request, database: DatabaseNow, media: ReleaseFormat) -> Response:
    """One release by its id or digest; `latest` is the newest. In an RDF format: all its statements."""
    row = await run_in_threadpool(_one, database, id)
    if media != JSON:
        return await answer_release(request, row.id, media)
    return varying(fresh(asdict(row)))


@router.get("/releases/{id}/snapshot")
async def snapshot(id: str, request: Request, database: DatabaseNow) -> Response:
    """The canonical bytes whose sha256 is the release's digest. Cacheable for ever, unless asked for as `latest`.

    The ETag is the digest whether the bytes travel gzipped or not: it names the content, and there are no ranges.
    """
    row = await run_in_threadpool(_one, database, id)
    headers = {
        "ETag": f'"{row.digest}"',
        "Cache-Control": _freshness(request, id),
        "Vary": "Accept-Encoding",
    }
    if is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    zipped = "gzip" in request.headers.get("accept-encoding", "")
    body = await run_in_threadpool(_bytes, database, row.id, zipped)
    if zipped:
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type=JSON)


@router.get("/releases/{id}/nquads", responses={200: {"content": {_NQUADS: {}}, "description": "canonical N-Quads"}})
async def nquads(id: str, request: Request, database: DatabaseNow) -> Response:
    """The release's statements as canonical N-Quads: sorted lines, no blank node. Cacheable as the snapshot is."""
    row = await run_in_threadpool(_one, database, id)
    headers = {"ETag": f'"{row.digest}-nq"', "Cache-Control": _freshness(request, id)}
    if is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(await run_in_threadpool(_statements, database, row.id), headers=headers, media_type=_NQUADS)


@router.get("/releases/{a}/diff/{b}", responses=gives(Difference))
async def diff(a: str, b: str, views: ViewsNow) -> Response:
    """What was done between two releases, in sentences, and what it does to PAPER rewards. `draft` is one, too."""
    return fresh(await run_in_threadpool(_diff, views, a, b))


@router.get("/releases/{id}/notes", responses=gives(ReleaseNotes))
async def notes(id: str, views: ViewsNow) -> Response:
    """What a release brings over the one before it, in sentences and in reward terms."""
    return fresh(await run_in_threadpool(_notes, views, id))


@router.post(
    "/releases", status_code=201, openapi_extra=takes(PublishRequest), responses=gives(ReleaseInfo, status=201)
)
async def publish_release(
    who: AReviewer,
    views: ViewsNow,
    now: ClockNow,
    body: Annotated[PublishRequest, Depends(json_body(PublishRequest))],
) -> Response:
    """Sign the draft off as a release. It is validated as a whole, compiled once, and never changes."""

    def make() -> ReleaseRow:
        made = publish(views.database, who, views.shapes, name=body.name, notes=body.notes, now=now)
        views.refresh()
        return made

    made = await run_in_threadpool(make)
    return fresh(asdict(made), 201, {"Location": f"/v1/releases/{made.id}"})


def _freshness(request: Request, id_: str) -> str:
    """Cache-Control of a release's bytes. A cache that several people share gets what anybody may read, and no more."""
    if id_ == LATEST:
        return "no-cache"
    return f"{'public' if request.app.state.settings.anonymous_reads else 'private'}, {_FOR_EVER}"


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


def _statements(database: Database, name: str) -> bytes:
    with database.reading() as session:
        return repository.nquads(session, name)


def _diff(views: Views, a: str, b: str) -> dict[str, object]:
    old, new = views.at(a), views.at(b)
    found = difference(old.knowledge, new.knowledge)
    return {"from": old.release.id, "to": new.release.id, **asdict(found)}


def _notes(views: Views, name: str) -> dict[str, object]:
    row = views.at(name).release
    with views.database.reading() as session:
        before = repository.release_before(session, row.id)
    told: dict[str, object] = {"changes": [], "rewards": [], "pairs": 0}
    if before is not None:
        told = asdict(difference(views.at(before).knowledge, views.at(name).knowledge))
    return {"release": row.id, "previous": before, "signed_by": row.signed_by, "notes": row.notes, **told}
