"""What is stated of one item in the draft, to be read, edited and written back with `If-Match`.

The ETag is the last change that touched the item, so a writer who has not seen somebody else's edit is refused (412)
and nobody's work is lost. Synonyms and typos of a trusted editor are made at once; everything else becomes a proposal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...core import change as core
from ...core.content import Content
from ...core.errors import EditConflict, NotStated, PreconditionRequired, RequestInvalid, Stale
from ...editorial.actor import Actor
from ...editorial.desk import Desk
from ...store.statement import BASE
from ...wire.changes import MAX_LINE, TEXT, ConceptBody, DifferentialBody, FeatureBody, plain
from ...wire.editing import ConceptEdit, DifferentialEdit, FeatureEdit, ProposalInfo, Reason
from ..access import AnEditor, AReader
from ..dependencies import ClockNow, DeskNow, fresh, json_body, takes
from ..openapi import gives
from .proposals import proposal_row

router = APIRouter(prefix="/draft", tags=["editing"])

Id = Annotated[str, Path(max_length=300)]
IfMatch = Annotated[
    str | None, Header(max_length=500, description="the ETag of what was read; `*` for whatever stands")
]
IfNoneMatch = Annotated[str | None, Header(max_length=500, description="`*` to make what does not exist yet")]
Message = Annotated[str, Query(min_length=1, max_length=10_000, pattern=TEXT, description="why")]
_MADE = {
    **gives(ProposalInfo, "the edit is made"),
    **gives(ProposalInfo, "the edit waits for a reviewer", status=202),
}
_TAG = re.compile(r'(?:W/)?"(\d{1,18})(?:-[^"]*)?"')


def _concept(content: Content, id_: str) -> object:
    return content.concepts.get(id_)


def _feature(content: Content, id_: str) -> object:
    return content.features.get(id_)


def _differential(content: Content, id_: str) -> object:
    return content.differentials.get(id_)


# kind -> how an item of it is looked up; the kind is also the part of its IRI.
_KINDS: Mapping[str, Callable[[Content, str], Any]] = {
    "concept": _concept,
    "feature": _feature,
    "differential": _differential,
}


@router.get("/concepts/{id}", responses=gives(ConceptBody, "what is stated of the concept, nothing derived"))
async def draft_concept(_who: AReader, id: Id, desk: DeskNow) -> Response:
    """A concept as stated in the draft: what `PUT` takes back."""
    return await run_in_threadpool(_stated, desk, "concept", id)


@router.get("/features/{id}", responses=gives(FeatureBody, "what is stated of the feature"))
async def draft_feature(_who: AReader, id: Id, desk: DeskNow) -> Response:
    """A feature as stated in the draft."""
    return await run_in_threadpool(_stated, desk, "feature", id)


@router.get("/differentials/{id}", responses=gives(DifferentialBody, "what is stated of the differential"))
async def draft_differential(_who: AReader, id: Id, desk: DeskNow) -> Response:
    """A differential as stated in the draft; its id is `a--b`, both in alphabetical order."""
    return await run_in_threadpool(_stated, desk, "differential", id)


@router.put("/concepts/{id}", openapi_extra=takes(ConceptEdit), responses=_MADE)
async def put_draft_concept(
    who: AnEditor,
    id: Id,
    desk: DeskNow,
    now: ClockNow,
    body: Annotated[ConceptEdit, Depends(json_body(ConceptEdit))],
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """State a concept anew, or make one (`If-None-Match: *`). Only what differs becomes a change."""
    wanted = body.concept.core()
    _expect_id(id, wanted.id)

    def edit(content: Content) -> Sequence[core.Change]:
        return core.concept_changes(content.concepts.get(id), wanted)

    return await run_in_threadpool(_edit, desk, who, "concept", id, edit, body.message, now, if_match, if_none_match)


@router.put("/features/{id}", openapi_extra=takes(FeatureEdit), responses=_MADE)
async def put_draft_feature(
    who: AnEditor,
    id: Id,
    desk: DeskNow,
    now: ClockNow,
    body: Annotated[FeatureEdit, Depends(json_body(FeatureEdit))],
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """State a feature anew, or make one (`If-None-Match: *`)."""
    wanted = body.feature.core()
    _expect_id(id, wanted.id)
    edit = _always(core.PutFeature(wanted))
    return await run_in_threadpool(_edit, desk, who, "feature", id, edit, body.message, now, if_match, if_none_match)


@router.put("/differentials/{id}", openapi_extra=takes(DifferentialEdit), responses=_MADE)
async def put_draft_differential(
    who: AnEditor,
    id: Id,
    desk: DeskNow,
    now: ClockNow,
    body: Annotated[DifferentialEdit, Depends(json_body(DifferentialEdit))],
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """State a differential anew, or make one (`If-None-Match: *`)."""
    wanted = body.differential.core()
    _expect_id(id, wanted.id)
    edit = _always(core.PutDifferential(wanted))
    return await run_in_threadpool(
        _edit, desk, who, "differential", id, edit, body.message, now, if_match, if_none_match
    )


@router.delete("/concepts/{id}", responses=_MADE)
async def delete_draft_concept(
    who: AnEditor,
    id: Id,
    desk: DeskNow,
    now: ClockNow,
    message: Message,
    replaced_by: Annotated[list[str] | None, Query(max_length=50)] = None,
    if_match: IfMatch = None,
) -> Response:
    """Retire a concept. Its id stays known, with what replaces it."""
    note = " ".join(message.split())[:MAX_LINE]  # the proposal keeps all of it
    edit = _always(core.Retire(id, tuple(replaced_by or ()), note))
    return await run_in_threadpool(_edit, desk, who, "concept", id, edit, message, now, if_match, None)


@router.delete("/differentials/{id}", responses=_MADE)
async def delete_draft_differential(
    who: AnEditor, id: Id, desk: DeskNow, now: ClockNow, message: Message, if_match: IfMatch = None
) -> Response:
    """Take a differential away."""
    a, _, b = id.partition("--")
    edit = _always(core.RemoveDifferential(a, b))
    return await run_in_threadpool(_edit, desk, who, "differential", id, edit, message, now, if_match, None)


@router.delete("/features/{id}", responses=_MADE)
async def delete_draft_feature(
    who: AnEditor, id: Id, desk: DeskNow, now: ClockNow, message: Message, if_match: IfMatch = None
) -> Response:
    """Take a feature away that nothing uses any more."""
    edit = _always(core.RemoveFeature(id))
    return await run_in_threadpool(_edit, desk, who, "feature", id, edit, message, now, if_match, None)


def _always(change: core.Change) -> Callable[[Content], Sequence[core.Change]]:
    return lambda _content: [change]


def _expect_id(address: str, body: str) -> None:
    if address != body:
        raise RequestInvalid(f"id: the body is about {body!r}, but the address says {address!r}")


def _stated(desk: Desk, kind: str, id_: str) -> Response:
    draft = desk.draft()
    item = _KINDS[kind](draft.content, id_)
    if item is None:
        raise NotStated(f"the draft holds no {kind} {id_!r}")
    return fresh(plain(item), headers={"ETag": f'"{draft.seq_of(_iri(kind, id_))}"'})


def _edit(
    desk: Desk,
    who: Actor,
    kind: str,
    id_: str,
    edit: Callable[[Content], Sequence[core.Change]],
    message: Reason,
    now: datetime,
    if_match: str | None,
    if_none_match: str | None,
) -> Response:
    draft = desk.draft()
    stands = _KINDS[kind](draft.content, id_) is not None
    _expect_match(kind, id_, stands, draft.seq_of(_iri(kind, id_)), if_match, if_none_match)
    try:
        made = desk.propose(who, edit(draft.content), message=message, base=draft.seq, now=now)
    except EditConflict as error:  # somebody was faster by the width of a transaction
        raise Stale(f"{kind} {id_!r} was edited a moment ago; read it again") from error
    headers = {"Location": f"/v1/proposals/{made.number}"}
    if made.change is not None:
        headers["ETag"] = f'"{made.change}"'
    return fresh(proposal_row(made), 200 if made.change is not None else 202, headers)


def _expect_match(kind: str, id_: str, stands: bool, seq: int, if_match: str | None, if_none_match: str | None) -> None:
    if not stands:
        if if_match is not None:
            raise Stale(f"there is no {kind} {id_!r} any more, or yet")
        if if_none_match is None:
            raise PreconditionRequired(f"there is no {kind} {id_!r}; send `If-None-Match: *` to make it")
        return
    if if_none_match is not None:
        raise Stale(f"there is a {kind} {id_!r} already")
    if if_match is None:
        raise PreconditionRequired(f"send `If-Match` with the ETag of GET /v1/draft/{kind}s/{id_}")
    if if_match.strip() != "*" and str(seq) not in _TAG.findall(if_match):
        raise Stale(f"{kind} {id_!r} was edited by change {seq} after you read it; read it again")


def _iri(kind: str, id_: str) -> str:
    return f"{BASE}{kind}/{id_}"
