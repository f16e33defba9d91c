"""Clinical and dermoscopic features."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...store.statement import BASE
from ...wire import answers
from ..dependencies import JSON, DatabaseNow, ReadingNow, answer_json
from ..graphs import GraphsNow, answer_rdf
from ..negotiation import NodeFormat, described, varying
from ..openapi import gives
from ..reading import feature_row

router = APIRouter(tags=["features"])


@router.get("/features", responses=gives(answers.Features))
async def features(request: Request, reading: ReadingNow) -> Response:
    """All features by id."""
    listed = [feature_row(feature) for feature in reading.knowledge.features.values()]
    return answer_json(request, reading, {"items": listed, "next": None})


@router.get("/features/{id}", responses=described(answers.Feature))
async def feature(
    id: str, request: Request, reading: ReadingNow, database: DatabaseNow, graphs: GraphsNow, media: NodeFormat
) -> Response:
    """One feature, and the concepts whose own profile states it. As RDF: its statements."""
    reading.knowledge.feature(id)
    if media == JSON:
        return varying(answer_json(request, reading, reading.feature(id)))
    lines = await run_in_threadpool(graphs.about, database, reading, f"{BASE}feature/{id}")
    return await answer_rdf(request, lines, media)
