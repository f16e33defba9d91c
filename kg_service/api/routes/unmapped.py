"""Unmapped labels: jobs report them, people look at them and decide."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...core.knowledge import Knowledge
from ...core.suggestion import Suggestion
from ...editorial.inbox.inbox import Item, Plan
from ...editorial.inbox.planning import Choice
from ...editorial.inbox.repository import Unresolved
from ...editorial.inbox.standing import Decided, State
from ...wire import MAX_SEQ
from ...wire.answers import Answer, ResolvedLabel
from ...wire.unmapped import (
    DatasetName,
    DecisionInfo,
    DecisionMade,
    DecisionPreview,
    DecisionRequest,
    JobCount,
    ReportKept,
    UnmappedEntry,
    UnmappedPage,
    UnmappedReport,
    UnmappedSuggestion,
)
from ..access import AJob, AnEditor, AReader
from ..dependencies import ClockNow, fresh, json_body, takes
from ..inboxes import InboxNow, cursor_of, place_of
from ..openapi import gives
from .labels import resolution_row

router = APIRouter(tags=["unmapped"])

# Each suggestion is worked out when it is first looked at.
_Few = Annotated[int, Query(ge=1, le=200)]
_Cursor = Annotated[str | None, Query(max_length=4_000, description="`next` of the page before")]
Number = Annotated[int, Path(ge=1, le=MAX_SEQ)]


@router.post("/unmapped", openapi_extra=takes(UnmappedReport), responses=gives(ReportKept))
async def report_unmapped(
    _who: AJob, inbox: InboxNow, now: ClockNow, body: Annotated[UnmappedReport, Depends(json_body(UnmappedReport))]
) -> Response:
    """Report the labels that named no concept in a job's run.

    The report replaces what this job said before about the datasets that it names, so posting it twice changes nothing.
    A label that stands twice in one report has the images of both rows.
    """
    items = [Unresolved(item.dataset, item.label, item.images, item.reason) for item in body.items]
    return fresh(_said(ReportKept(labels=await run_in_threadpool(inbox.report, body.job, items, now=now))))


@router.get("/unmapped", responses=gives(UnmappedPage))
async def unmapped(
    _who: AReader,
    inbox: InboxNow,
    now: ClockNow,
    dataset: Annotated[DatasetName | None, Query()] = None,
    state: State = "open",
    limit: _Few = 20,
    cursor: _Cursor = None,
) -> Response:
    """Labels that wait for a decision (`open`), or that somebody decided (`decided`), the most images first.

    A label that the draft resolves by now has left the inbox. One whose proposal was declined, withdrawn or reverted is
    open again. Several jobs' counts of one label are not added up: they read the same images, so the largest counts.
    """
    after = place_of(cursor)
    page = await run_in_threadpool(inbox.page, state, dataset=dataset, after=after, limit=limit, now=now)
    entries = [_entry(item, page.knowledge) for item in page.items]
    return fresh(_said(UnmappedPage(items=entries, next=cursor_of(page.last) if page.last else None)))


@router.post(
    "/unmapped/decisions",
    status_code=201,
    openapi_extra=takes(DecisionRequest),
    responses=gives(DecisionMade, status=201),
)
async def decide_unmapped(
    who: AnEditor, inbox: InboxNow, now: ClockNow, body: Annotated[DecisionRequest, Depends(json_body(DecisionRequest))]
) -> Response:
    """Decide what an unmapped label means. The decision becomes a proposal, except that nobody can tell.

    `same-as` everywhere makes the label a synonym (a hidden one where it is misspelt). Every other decision is an entry
    in the dataset's crosswalk: one concept, the group that it is filed under (`broader`), `several`, or none
    (`not-a-disease`). `warning` says where a malignant reading is made of a label that may also be benign, or the
    reverse; ask `/unmapped/decisions/preview` to know before.
    """
    made = await run_in_threadpool(inbox.decide, who, _choice(body), now=now)
    seen = _preview(made.plan)
    return fresh(_said(DecisionMade(changes=seen.changes, warning=seen.warning, decision=_decision(made.decided))), 201)


@router.post("/unmapped/decisions/preview", openapi_extra=takes(DecisionRequest), responses=gives(DecisionPreview))
async def preview_decision(
    _who: AnEditor,
    inbox: InboxNow,
    now: ClockNow,
    body: Annotated[DecisionRequest, Depends(json_body(DecisionRequest))],
) -> Response:
    """What a decision would do and what to be warned of. Nothing is stored."""
    return fresh(_said(_preview(await run_in_threadpool(inbox.plan, _choice(body), now=now))))


@router.delete("/unmapped/decisions/{number}", status_code=204)
async def undo_decision(number: Number, who: AnEditor, inbox: InboxNow, now: ClockNow) -> None:
    """Take a decision of one's own back: its proposal is withdrawn and the label is open again.

    Possible while the proposal is in review; an accepted one is undone by reverting its change.
    """
    await run_in_threadpool(inbox.undo, who, number, now=now)


# -- between the wire and the values -----------------------------------------------------------------------------------


def _said(answer: Answer) -> dict[str, object]:
    return answer.model_dump(mode="json", by_alias=True)


def _choice(body: DecisionRequest) -> Choice:
    return Choice(body.dataset, body.label, body.decision, body.concepts, body.scope, body.reason.strip())


def _preview(plan: Plan) -> DecisionPreview:
    return DecisionPreview(changes=[change.sentence() for change in plan.changes], warning=plan.warning or None)


def _entry(item: Item, know: Knowledge) -> UnmappedEntry:
    return UnmappedEntry(
        dataset=item.row.dataset,
        label=item.row.label,
        images=item.row.images,
        state=item.state,
        why=item.advice.why if item.advice else None,
        suggestions=[_suggestion(each, know) for each in (item.advice.suggestions if item.advice else ())],
        now=ResolvedLabel.model_validate(resolution_row(item.found)),
        reports=[JobCount(job=r.job, images=r.images, reason=r.reason, at=r.at) for r in item.reports],
        decision=_decision(item.decided) if item.decided else None,
    )


def _suggestion(found: Suggestion, know: Knowledge) -> UnmappedSuggestion:
    return UnmappedSuggestion(
        concept=found.concept,
        pref_label=know.label(found.concept),
        condition=know.condition(found.concept),
        matched=found.matched,
        step=found.step,
        rule=found.rule,
        reason=found.reason,
    )


def _decision(decided: Decided) -> DecisionInfo:
    return DecisionInfo.model_validate(asdict(decided))
