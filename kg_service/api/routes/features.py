"""Clinical and dermoscopic features."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from ...store.statement import BASE
from ...wire import answers
from ..dependencies import JSON, ReadingNow, answer_json
from ..graphs import answer_node
from ..negotiation import FORMAT_PARAMETER, NodeFormat, described, varying
from ..openapi import gives
from ..reading import feature_row

router = APIRouter(tags=["features"])


@router.get("/features", responses=gives(answers.Features))
async def features(request: Request, reading: ReadingNow) -> Response:
    """All features by id."""
    listed = [feature_row(feature) for feature in reading.knowledge.features.values()]
    return answer_json(request, reading, {"items": listed, "next": None})


@router.get("/features/{id}", responses=described(answers.Feature), openapi_extra=FORMAT_PARAMETER)
async def feature(id: str, request: Request, reading: ReadingNow, media: NodeFormat) -> Response:
    """One feature, and the concepts whose own profile states it. As RDF: its statements."""
    if media != JSON and (said := await answer_node(request, reading, f"{BASE}feature/{id}", media)) is not None:
        return said
    return varying(answer_json(request, reading, reading.feature(id)))
