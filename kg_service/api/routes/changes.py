"""The log: who changed what, when and why, and the way back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...editorial import repository
from ...editorial.database import Database
from ...store.statement import CONCEPT_BASE, parse_lines
from ...wire.editing import ChangeDetail, ChangeList, ProposalInfo, RevertRequest
from ..access import AnEditor, AReader
from ..dependencies import ClockNow, DatabaseNow, DeskNow, fresh, json_body, takes
from ..openapi import gives
from .proposals import Before, Few, Number, proposal_row

router = APIRouter(tags=["editing"])

_Moment = Annotated[
    str, Query(pattern=r"^(\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?)?$", description="a day, or a time in UTC")
]


@router.get("/changes", responses=gives(ChangeList))
async def changes(
    _who: AReader,
    database: DatabaseNow,
    about: Annotated[str, Query(max_length=2_000, description="a concept's id, or the IRI of any node")] = "",
    author: Annotated[str, Query(max_length=200)] = "",
    since: _Moment = "",
    until: _Moment = "",
    before: Before = None,
    limit: Few = 100,
) -> Response:
    """The log, the newest first: of everything, of one node, of one person, or of some days."""
    # A day is all of it: texts of one form compare as times.
    node = about if ":" in about or not about else CONCEPT_BASE + about
    last = f"{until}T23:59:59Z" if len(until) == len("2026-01-01") else until

    def look() -> dict[str, Any]:
        with database.reading() as session:
            found = repository.changes(
                session, node=node, author=author, since=since, until=last, before=before, limit=limit
            )
        return {"items": [asdict(row) for row in found], "next": found[-1].seq if len(found) == limit else None}

    return fresh(await run_in_threadpool(look))


@router.get("/changes/{seq}", responses=gives(ChangeDetail))
async def change(_who: AReader, seq: Number, database: DatabaseNow) -> Response:
    """One change with its statements."""
    return fresh(await run_in_threadpool(_detail, database, seq))


def _detail(database: Database, seq: int) -> dict[str, Any]:
    with database.reading() as session:
        found = repository.change(session, seq)
    statements = (*parse_lines(found.added), *parse_lines(found.removed))
    return {**found.model_dump(), "touched": sorted({each.subject[1:-1] for each in statements})}


@router.post(
    "/changes/{seq}/revert",
    status_code=201,
    openapi_extra=takes(RevertRequest),
    responses=gives(ProposalInfo, status=201),
)
async def revert_change(
    who: AnEditor,
    seq: Number,
    desk: DeskNow,
    now: ClockNow,
    body: Annotated[RevertRequest, Depends(json_body(RevertRequest))],
) -> Response:
    """Propose the inverse of a change. It is reviewed like the change itself; the log is never rewritten."""
    made = await run_in_threadpool(desk.revert, who, seq, message=body.message, now=now)
    return fresh(proposal_row(made), 201, {"Location": f"/v1/proposals/{made.number}"})
