"""Concepts, their places in the hierarchy, and what they are taken for."""

from __future__ import annotations

from bisect import bisect_right
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...core.errors import RequestInvalid, RequestTooLarge
from ...store.statement import CONCEPT_BASE
from ...wire import MAX_MEET_ROWS, MeetRequest, answers
from ..dependencies import JSON, Limit, ReadingNow, answer, answer_json, json_body, release_tag, takes
from ..graphs import answer_node
from ..negotiation import FORMAT_PARAMETER, NodeFormat, described, varying
from ..openapi import gives
from ..reading import Reading, to_json

router = APIRouter(tags=["concepts"])

# Work that may take longer than this many rows' worth leaves the event loop free for other requests.
_SMALL = 500


@router.get("/concepts", responses=gives(answers.ConceptPage))
async def concepts(
    request: Request, reading: ReadingNow, limit: Limit = 100, cursor: Annotated[str | None, Query()] = None
) -> Response:
    """All concepts by id, a page at a time: give `next` as `cursor` to go on."""
    ids = reading.knowledge.taxonomy.ids
    start = bisect_right(ids, cursor) if cursor else 0
    page = ids[start : start + limit]
    last = page[-1] if start + limit < len(ids) else None
    return answer(request, reading.concepts(page, cursor=last), release_tag(reading))


@router.get("/concepts/{id}", responses=described(answers.Concept), openapi_extra=FORMAT_PARAMETER)
async def concept(id: str, request: Request, reading: ReadingNow, media: NodeFormat) -> Response:
    """One concept. `condition` is null for a group whose members differ (`conditionStatus` is then "mixed").

    As RDF: its statements. A retired id answers 410 in JSON, with what replaced it, and its statements as RDF.
    """
    if media != JSON and (said := await answer_node(request, reading, CONCEPT_BASE + id, media)) is not None:
        return said
    body, etag = reading.concept(id)
    return varying(answer(request, body, etag))


@router.get("/concepts/{id}/ancestors", responses=gives(answers.ConceptPage))
async def ancestors(id: str, request: Request, reading: ReadingNow) -> Response:
    """Every concept above, the top ones first."""
    return answer(request, reading.concepts(reading.knowledge.ancestors(id)), release_tag(reading))


@router.get("/concepts/{id}/descendants", responses=gives(answers.ConceptPage))
async def descendants(id: str, request: Request, reading: ReadingNow) -> Response:
    """Every concept below, by level."""
    return answer(request, reading.concepts(reading.knowledge.descendants(id)), release_tag(reading))


@router.get("/concepts/{id}/lineage", responses=gives(answers.ConceptPage))
async def lineage(id: str, request: Request, reading: ReadingNow) -> Response:
    """The primary path from a top concept down to the concept itself."""
    return answer(request, reading.concepts(reading.knowledge.lineage(id)), release_tag(reading))


@router.get("/concepts/{id}/children", responses=gives(answers.ConceptPage))
async def children(id: str, request: Request, reading: ReadingNow) -> Response:
    """The concepts right below."""
    return answer(request, reading.concepts(reading.knowledge.children(id)), release_tag(reading))


@router.get("/concepts/{id}/ddx", responses=gives(answers.Ddx))
async def ddx(id: str, request: Request, reading: ReadingNow) -> Response:
    """What it is taken for, and the features that tell them apart, seen from here."""
    return answer_json(request, reading, reading.ddx(id))


@router.get("/concepts/{id}/distractors", responses=gives(answers.Distractors))
async def distractors(id: str, request: Request, reading: ReadingNow) -> Response:
    """The candidates to weigh against it, and which rule found them (`via`)."""
    return answer_json(request, reading, reading.distractors(id))


@router.get("/compare", responses=gives(answers.Comparison))
async def compare(request: Request, reading: ReadingNow, a: str, b: str) -> Response:
    """Two concepts side by side."""
    return answer_json(request, reading, reading.compare(a, b))


@router.post("/meet", openapi_extra=takes(MeetRequest), responses=gives(answers.MeetAnswer))
async def meet(reading: ReadingNow, body: Annotated[MeetRequest, Depends(json_body(MeetRequest))]) -> Response:
    """The deepest common ancestors (ancestor-or-self) of each pair and their level; none and 0 for none."""
    if len(body.a) != len(body.b):
        raise RequestInvalid(f"b has {len(body.b)} rows, but a has {len(body.a)}")
    if len(body.a) > MAX_MEET_ROWS:
        raise RequestTooLarge(f"{len(body.a)} pairs; one request may carry {MAX_MEET_ROWS}")
    if len(body.a) <= _SMALL:
        return Response(_meet(reading, body), media_type=JSON)
    return Response(await run_in_threadpool(_meet, reading, body), media_type=JSON)


def _meet(reading: Reading, body: MeetRequest) -> bytes:
    reading.known(body.a)
    reading.known(body.b)
    taxonomy = reading.knowledge.taxonomy
    levels = taxonomy.meet_levels([taxonomy.row(id_) for id_ in body.a], [taxonomy.row(id_) for id_ in body.b])
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for pair in zip(body.a, body.b, strict=True):
        if pair not in found:
            found[pair] = taxonomy.meet(*pair)
    return to_json({"meet": [found[pair] for pair in zip(body.a, body.b, strict=True)], "level": levels.tolist()})
