"""Is it up, and which release does it answer from?"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ..dependencies import JSON, ReadingNow
from ..reading import to_json

router = APIRouter(tags=["health"])


@router.get("/health")
async def health(reading: ReadingNow) -> Response:
    """`{"status", "release", "digest", "seq"}`."""
    release = reading.release
    body = {"status": "ok", "release": release.id, "digest": release.digest, "seq": reading.seq}
    return Response(to_json(body), media_type=JSON, headers={"Cache-Control": "no-store"})
