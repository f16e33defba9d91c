"""What an operator's machines ask: whether the service can work, and its numbers."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...editorial import migrate
from ...editorial.database import Database
from ...editorial.gauges import Gauges, gauges
from ...wire.operation import Ready
from ..dependencies import JSON, DatabaseNow, ViewsNow
from ..metrics import CONTENT_TYPE
from ..openapi import gives

router = APIRouter(tags=["operation"])


@router.get("/v1/ready", responses=gives(Ready))
async def ready(request: Request, database: DatabaseNow, views: ViewsNow) -> Response:
    """Whether requests should be sent here: the database answers and has the tables of this program, else 503.

    `/v1/health` says only that the process is alive; it needs no database, as the knowledge itself does not.
    """
    found = await run_in_threadpool(_standing, database)
    feed = getattr(request.app.state, "feed", None)
    body = Ready(
        status="ready",
        revision=migrate.REVISIONS[-1],
        release=found.release,
        seq=found.seq,
        behind=max(0, found.seq - views.seq),
        feed=max(0, found.seq - feed.fed.seq) if feed is not None and feed.fed is not None else None,
    )
    return Response(body.model_dump_json(), media_type=JSON, headers={"Cache-Control": "no-store"})


def _standing(database: Database) -> Gauges:
    migrate.check(database)
    with database.reading() as session:
        return gauges(session)


@router.get("/metrics", responses={200: {"description": "Prometheus' text format", "content": {"text/plain": {}}}})
async def metrics(request: Request, database: DatabaseNow) -> Response:
    """The service's numbers for Prometheus, added up over its workers. Open like `/v1/health`: it names nobody."""
    text = await run_in_threadpool(request.app.state.metrics.text, database)
    return Response(text, headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})
