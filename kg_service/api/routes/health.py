"""Is it up, and which release does it answer from?"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ...wire import answers
from ..dependencies import JSON, ViewsNow
from ..openapi import gives
from ..reading import to_json

router = APIRouter(tags=["health"])


@router.get("/health", responses=gives(answers.Health))
async def health(views: ViewsNow) -> Response:
    """That the service answers, from which release, and the last change it knows of. Never asks for an account."""
    release = views.newest.release
    body = {"status": "ok", "release": release.id, "digest": release.digest, "seq": views.seq}
    return Response(to_json(body), media_type=JSON, headers={"Cache-Control": "no-store"})
