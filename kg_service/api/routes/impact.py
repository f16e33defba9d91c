"""What an edit would do, tried and not stored: the same numbers for the desk, for scripts and for tests."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...core.impact import impact as compare
from ...core.knowledge import Knowledge
from ...editorial.desk import Desk
from ...editorial.inbox.datasets import label_counts
from ...wire.editing import ImpactAnswer, ImpactRequest
from ..access import AnEditor, AReader
from ..dependencies import DeskNow, fresh, json_body, takes
from ..openapi import gives
from .proposals import Number

router = APIRouter(tags=["editing"])


@router.post("/impact", openapi_extra=takes(ImpactRequest), responses=gives(ImpactAnswer))
async def try_changes(
    _who: AnEditor, desk: DeskNow, body: Annotated[ImpactRequest, Depends(json_body(ImpactRequest))]
) -> Response:
    """What some changes would do to the draft: places, levels, names, images, conditions, differentials, rewards.

    Images are those of the labels that datasets registered (`PUT /v1/datasets/{name}/labels`).
    """
    changes = [change.core() for change in body.changes]

    def look() -> dict[str, Any]:
        draft = desk.draft()
        return _told(desk, draft.knowledge, desk.preview(changes, draft).knowledge)

    return fresh(await run_in_threadpool(look))


@router.get("/proposals/{number}/impact", responses=gives(ImpactAnswer))
async def proposal_impact(_who: AReader, number: Number, desk: DeskNow) -> Response:
    """What accepting a proposal now would do."""

    def look() -> dict[str, Any]:
        without, with_it = desk.proposed(number)
        return _told(desk, without.knowledge, with_it.knowledge)

    return fresh(await run_in_threadpool(look))


def _told(desk: Desk, before: Knowledge, after: Knowledge) -> dict[str, Any]:
    with desk.database.reading() as session:
        images = label_counts(session)
    return compare(before, after, images).as_dict()
