"""The editorial cycle: propose, look, remark, review, withdraw."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...core.errors import EditConflict, SkinR1Error
from ...editorial import proposals as queries
from ...editorial.desk import Desk
from ...editorial.models import Comment, Proposal, Review
from ...wire import MAX_SEQ
from ...wire.changes import change_rows
from ...wire.editing import (
    CommentInfo,
    CommentRequest,
    ProposalDetail,
    ProposalInfo,
    ProposalList,
    ProposalRequest,
    ReviewRequest,
    State,
)
from ..access import AnEditor, AReader, AReviewer
from ..dependencies import ClockNow, DeskNow, fresh, json_body, takes
from ..openapi import gives

router = APIRouter(tags=["editing"])

Number = Annotated[int, Path(ge=1, le=MAX_SEQ)]
Before = Annotated[int | None, Query(ge=0, le=MAX_SEQ)]
Few = Annotated[int, Query(ge=1, le=500)]


@router.post(
    "/proposals", status_code=201, openapi_extra=takes(ProposalRequest), responses=gives(ProposalInfo, status=201)
)
async def propose(
    who: AnEditor,
    desk: DeskNow,
    now: ClockNow,
    body: Annotated[ProposalRequest, Depends(json_body(ProposalRequest))],
) -> Response:
    """Put changes up for review. Synonyms and typos of a trusted editor are accepted at once (`state`)."""
    changes = [change.core() for change in body.changes]
    made = await run_in_threadpool(desk.propose, who, changes, message=body.message, base=body.base, now=now)
    return fresh(proposal_row(made), 201, {"Location": f"/v1/proposals/{made.number}"})


@router.get("/proposals", responses=gives(ProposalList))
async def proposals(
    _who: AReader,
    desk: DeskNow,
    state: State | None = None,
    author: Annotated[str, Query(max_length=200)] = "",
    before: Before = None,
    limit: Few = 100,
) -> Response:
    """Proposals, the newest first."""

    def look() -> dict[str, Any]:
        with desk.database.reading() as session:
            found = queries.listed(session, state=state or "", author=author, before=before, limit=limit)
            reviews = queries.reviews(session, [each.number for each in found])
        items = [proposal_row(each, reviews.get(each.number)) for each in found]
        return {"items": items, "next": found[-1].number if len(found) == limit else None}

    return fresh(await run_in_threadpool(look))


@router.get("/proposals/{number}", responses=gives(ProposalDetail))
async def proposal(_who: AReader, number: Number, desk: DeskNow) -> Response:
    """One proposal: its changes, what they say in words, remarks, and whether it could be accepted now.

    How the knowledge would look with it: any reading operation with `?release=proposal-N`.
    """
    return fresh(await run_in_threadpool(_detail, desk, number))


def _detail(desk: Desk, number: int) -> dict[str, Any]:
    with desk.database.reading() as session:
        found = queries.get(session, number)
        review, comments = queries.review(session, number), queries.comments(session, number)
    try:
        changes = queries.changes_of(found)
    except EditConflict:  # it can still be looked at and declined; `blocked` says what is wrong
        changes = ()
    taken_back = [f"take back change {found.reverts}"] if found.reverts is not None else []
    return {
        **proposal_row(found, review),
        "changes": change_rows(changes),
        "sentences": [*taken_back, *(change.sentence() for change in changes)],
        "comments": [comment_row(each) for each in comments],
        "blocked": _blocked(desk, found),
    }


def _blocked(desk: Desk, found: Proposal) -> str:
    if found.state != "in-review":
        return ""
    try:
        desk.proposed(found.number)
    except SkinR1Error as error:
        return str(error)
    return ""


@router.post("/proposals/{number}/review", openapi_extra=takes(ReviewRequest), responses=gives(ProposalInfo))
async def review_proposal(
    who: AReviewer,
    number: Number,
    desk: DeskNow,
    now: ClockNow,
    body: Annotated[ReviewRequest, Depends(json_body(ReviewRequest))],
) -> Response:
    """Accept or decline. It is checked again on what stands now; nobody accepts their own structural change."""
    made = await run_in_threadpool(desk.review, who, number, body.verdict, body.reason, now=now)
    return fresh(await run_in_threadpool(_reviewed, desk, made))


def _reviewed(desk: Desk, made: Proposal) -> dict[str, Any]:
    with desk.database.reading() as session:
        return proposal_row(made, queries.review(session, made.number))


@router.post("/proposals/{number}/withdraw", responses=gives(ProposalInfo))
async def withdraw_proposal(who: AnEditor, number: Number, desk: DeskNow) -> Response:
    """Take one's own proposal back while it is in review."""
    return fresh(proposal_row(await run_in_threadpool(desk.withdraw, who, number)))


@router.post(
    "/proposals/{number}/comments",
    status_code=201,
    openapi_extra=takes(CommentRequest),
    responses=gives(CommentInfo, status=201),
)
async def comment_on_proposal(
    who: AnEditor,
    number: Number,
    desk: DeskNow,
    now: ClockNow,
    body: Annotated[CommentRequest, Depends(json_body(CommentRequest))],
) -> Response:
    """Remark on a proposal."""
    return fresh(comment_row(await run_in_threadpool(desk.comment, who, number, body.text, now=now)), 201)


def proposal_row(proposal: Proposal, review: Review | None = None) -> dict[str, Any]:
    """`ProposalInfo`."""
    row = {name: getattr(proposal, name) for name in ProposalInfo.model_fields if name != "review"}
    decided = None
    if review is not None:
        decided = {name: getattr(review, name) for name in ("reviewer", "verdict", "reason", "at")}
    return {**row, "review": decided}


def comment_row(comment: Comment) -> dict[str, str]:
    return {"author": comment.author, "text": comment.text, "at": comment.at}
