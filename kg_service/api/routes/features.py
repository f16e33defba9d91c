"""Clinical and dermoscopic features."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from ..dependencies import ReadingNow, answer_json
from ..reading import feature_row

router = APIRouter(tags=["features"])


@router.get("/features")
async def features(request: Request, reading: ReadingNow) -> Response:
    """All features by id."""
    listed = [feature_row(feature) for feature in reading.knowledge.features.values()]
    return answer_json(request, reading, {"items": listed, "next": None})


@router.get("/features/{id}")
async def feature(id: str, request: Request, reading: ReadingNow) -> Response:
    """One feature, and the concepts whose own profile states it."""
    return answer_json(request, reading, reading.feature(id))
