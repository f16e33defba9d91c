"""From text to concepts: search and suggest for people, resolve for programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...core.errors import RequestTooLarge
from ...core.knowledge import Knowledge
from ...core.labels import Ambiguous, Resolution, Resolved
from ...wire import MAX_RESOLVE_ROWS, ResolveRequest, answers
from ..dependencies import JSON, ReadingNow, SearchText, answer_json, json_body, takes
from ..openapi import gives
from ..reading import to_json

router = APIRouter(tags=["labels"])

_FEW = Annotated[int, Query(ge=1, le=100)]


@router.get("/search", responses=gives(answers.SearchResult))
async def search(request: Request, reading: ReadingNow, q: SearchText, limit: _FEW = 20) -> Response:
    """Concepts with a label that holds the text, best first, and which label matched."""
    know = reading.knowledge
    found = await run_in_threadpool(know.search, q, limit)
    items = [{"id": id_, "prefLabel": know.label(id_), "matched": label} for id_, label in found]
    return answer_json(request, reading, {"items": items})


@router.get("/suggest", responses=gives(answers.Suggestions))
async def suggest(request: Request, reading: ReadingNow, q: SearchText, limit: _FEW = 5) -> Response:
    """Ranked candidates for a person to judge. Similarity never resolves a label and never earns a reward."""
    know = reading.knowledge
    found = await run_in_threadpool(know.suggest, q, limit)
    items = [
        {"id": id_, "prefLabel": know.label(id_), "matched": label, "similarity": score} for id_, label, score in found
    ]
    return answer_json(request, reading, {"items": items})


@router.post("/resolve", openapi_extra=takes(ResolveRequest), responses=gives(answers.ResolveAnswer))
async def resolve(reading: ReadingNow, body: Annotated[ResolveRequest, Depends(json_body(ResolveRequest))]) -> Response:
    """What each label names: one concept, several (`ambiguous`), none (with the reason), or no disease at all."""
    if len(body.labels) > MAX_RESOLVE_ROWS:
        raise RequestTooLarge(f"{len(body.labels)} labels; one request may carry {MAX_RESOLVE_ROWS}")
    return Response(await run_in_threadpool(_resolve, reading.knowledge, body), media_type=JSON)


def _resolve(know: Knowledge, body: ResolveRequest) -> bytes:
    return to_json({"results": [resolution_row(know.resolve(t, dataset=body.dataset)) for t in body.labels]})


def resolution_row(found: Resolution) -> dict[str, object]:
    """A resolution on the wire. `reason` says why there is no concept."""
    if isinstance(found, Resolved):
        return {"status": "resolved", "concepts": [found.concept], "how": found.how, "matched": found.matched}
    if isinstance(found, Ambiguous):
        return {"status": "ambiguous", "concepts": found.concepts, "how": found.how, "matched": found.matched}
    status = "not-a-disease" if found.reason == "not-a-disease" else "unresolved"
    row = {"status": status, "concepts": [], "how": found.how, "matched": found.matched or None}
    return {**row, "reason": found.reason}
