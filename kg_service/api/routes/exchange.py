"""Import and export of the whole or of a branch."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...core.errors import KnowledgeInvalid
from ...editorial.actor import Actor
from ...editorial.desk import Desk
from ...editorial.models import Proposal
from ...wire import MAX_SEQ
from ...wire.changes import change_rows
from ...wire.imports import (
    MAX_FINDINGS,
    MAX_IMPORT_BYTES,
    ExportFormat,
    ImportFormat,
    ImportMade,
    ImportMode,
    ImportPlan,
)
from ..access import AnEditor, may_read
from ..dependencies import ClockNow, DeskNow, ReadingNow, fresh, is_known
from ..exchanging import MEDIA_TYPES, exported, planned
from ..uploads import takes_file, upload
from .proposals import proposal_row

if TYPE_CHECKING:
    from ...exchange.planning import Plan

router = APIRouter(tags=["exchange"])

Under = Annotated[str, Query(max_length=200, description="id of a concept; empty for everything")]

_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file",
        "content": {media.partition(";")[0]: _BINARY for media, _ in MEDIA_TYPES.values()},
    }
}
_TEXT = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"


@router.get("/export", response_class=Response, responses=_FILE, dependencies=[Depends(may_read)])
async def export(request: Request, reading: ReadingNow, format: ExportFormat = "xlsx", under: Under = "") -> Response:
    """A release, the draft or one branch of it (`under`) as a file.

    XLSX, CSV and Turtle come back through `POST /v1/import?mode=edit`, where an untouched file is no change at all. A
    CSV holds no ambiguous labels, features, differentials or review marks; importing it leaves those as they are.
    """
    file = await run_in_threadpool(exported, reading, format, under)
    headers = {
        "ETag": f'"{hashlib.sha256(file.payload).hexdigest()[:32]}"',
        "Cache-Control": "no-cache",
        "Content-Disposition": f'attachment; filename="{file.name}"',
    }
    if is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(file.payload, headers=headers, media_type=file.media_type)


@router.post(
    "/import",
    openapi_extra=takes_file(MAX_IMPORT_BYTES),
    responses={
        200: {"model": ImportPlan, "description": "What it would do (dry run)"},
        201: {"model": ImportMade, "description": "What it proposed"},
    },
)
async def import_file(
    request: Request,
    who: AnEditor,
    desk: DeskNow,
    now: ClockNow,
    format: ImportFormat,
    mode: ImportMode = "add",
    under: Annotated[str, Query(max_length=200, description="where new rows without a parent are filed")] = "",
    dry_run: bool = True,
    partial: Annotated[bool, Query(description="propose what can be, though some rows are left out")] = False,
    source: Annotated[str, Query(max_length=2_000, description="where the facts come from, said of what is new")] = "",
    message: Annotated[str, Query(max_length=10_000, pattern=_TEXT, description="of the proposal")] = "",
    base: Annotated[int | None, Query(ge=0, le=MAX_SEQ, description="the `KG-Seq` of the export")] = None,
) -> Response:
    """Compare a file with the draft, and propose what differs.

    `add` reads concepts alone and only ever adds: rows are matched by id, exact match or name. In `edit`, rows with our
    ids say what should hold; an absent column or row changes nothing, and features, differentials and crosswalk
    entries go only where the column `remove` says so. Turtle in our vocabulary goes by the same rule: a property that
    no block of the file mentions is an absent column. Rows that cannot be used are findings; nothing is guessed.

    An import is one proposal, however large: its rows hold each other up (a new group and what moves under it), so
    that a part of it alone could not stand. Import branch by branch for proposals that can be reviewed apart.
    """
    file = await upload(request, MAX_IMPORT_BYTES, f"import{MEDIA_TYPES[format][1]}")
    options = {"source": " ".join(source.split()), "under": under}

    def compared() -> tuple[int, Plan]:
        return planned(desk.draft(), file, format, mode, **options)

    # A file made to be slow takes a core for a minute: one at a time, whoever sends it.
    async with request.app.state.importing:
        rows, plan = await run_in_threadpool(compared)
    if dry_run:
        return fresh({"changes": change_rows(plan.changes), **_told(rows, plan)})
    if plan.findings and not partial:
        raise KnowledgeInvalid(
            "nothing was proposed, for these rows cannot be used. Mend them, or say partial=true:",
            plan.findings[:MAX_FINDINGS],
        )
    made = await run_in_threadpool(
        _proposed, desk, who, plan, message=message.strip() or f"import of {file.name}", base=base, now=now
    )
    body = {"proposal": proposal_row(made), **_told(rows, plan)}
    return fresh(body, 201, {"Location": f"/v1/proposals/{made.number}"})


def _proposed(desk: Desk, who: Actor, plan: Plan, **more: Any) -> Proposal:
    return desk.propose(who, plan.changes, **more)


def _told(rows: int, plan: Plan) -> dict[str, Any]:
    return {
        "sentences": list(plan.sentences()),
        "findings": list(plan.findings[:MAX_FINDINGS]),
        "unchanged": plan.unchanged,
        "counts": {
            "rows": rows,
            "changes": len(plan.changes),
            "unchanged": plan.unchanged,
            "findings": len(plan.findings),
        },
    }
