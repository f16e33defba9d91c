"""S6: proposals and their review."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Query
from starlette.responses import Response

from ...core.errors import EditConflict, RequestInvalid
from ...editorial import proposals, workflow
from ...editorial.models import Proposal
from ...wire import MAX_SEQ
from ...wire.editing import CommentRequest, ReviewRequest
from ..forms import FormNow, field, understood
from ..impact import Outcome
from ..page import go, pages, render
from ..paging import Stretch
from ..proposal import Telling, entries, may_withdraw, telling_of, why_not_decide
from ..scene import EditorScene, ReaderScene, ReviewerScene, Scene

router = pages()

Number = Annotated[int, Path(ge=1, le=MAX_SEQ)]
From = Annotated[int, Query(ge=0, le=MAX_SEQ)]
_FEW = 25


# -- the queue ---------------------------------------------------------------------------------------------------


@router.get("/review")
def review(scene: ReaderScene, tab: Literal["", "open", "mine", "ready"] = "", at: From = 0) -> Response:
    """What waits for review, one's own proposals, and what waits for the next release. Who only edits sees theirs."""
    assert scene.actor is not None
    tab = tab or ("mine" if scene.actor.role == "editor" else "open")
    draft, newest = scene.desk.draft(), scene.views.newest.release
    with scene.database.reading() as session:
        if tab == "open":
            found = proposals.waiting(session, after=at, limit=_FEW + 1)
        elif tab == "mine":
            found = proposals.listed(session, author=scene.actor.name, before=at or None, limit=_FEW + 1)
        else:
            found = proposals.accepted_after(session, newest.seq, before=at or None, limit=_FEW + 1)
        listed = entries(session, scene, draft, found[:_FEW])
    last = found[_FEW - 1] if len(found) > _FEW else None
    more = (last.change if tab == "ready" else last.number) if last is not None else None
    return render(
        scene, "review.html", tab=tab, entries=listed, more=more, newest=newest, unpublished=draft.seq - newest.seq
    )


@router.get("/proposals/{number}/mark")
def mark(scene: ReaderScene, number: Number) -> Response:
    """Whether an open proposal is grave or cannot be accepted, for the queue."""
    blocked, grave = scene.request.app.state.weighing.of(scene, number)
    return render(scene, "_mark.html", blocked=blocked, grave=grave)


# -- one proposal ------------------------------------------------------------------------------------------------


@router.get("/proposals/{number}")
def proposal(scene: ReaderScene, number: Number, at: From = 0, outcome: bool = False) -> Response:
    """A proposal: what it says and overwrites, what was said of it, and what one may do about it.

    Args:
        at: the change to begin with; a page holds fifty.
        outcome: with what it would do, which a browser with htmx asks for by itself.
    """
    draft = scene.desk.draft()
    with scene.database.reading() as session:
        found = proposals.get(session, number)
        decided, comments = proposals.review(session, number), proposals.comments(session, number)
        try:
            told = telling_of(session, draft, found, at)
        except EditConflict:
            told: Telling = Stretch((), 0, 0)  # its outcome says what is wrong with it
        title, more = scene.request.app.state.titles.of(session, draft, found)
    return render(
        scene,
        "proposal.html",
        proposal=found,
        title=title,
        more=more,
        telling=told,
        decided=decided,
        comments=comments,
        why_not=why_not_decide(scene.actor, found),
        may_withdraw=may_withdraw(scene.actor, found),
        outcome=_outcome(scene, found) if outcome else None,
    )


@router.get("/proposals/{number}/outcome")
def outcome(scene: ReaderScene, number: Number) -> Response:
    """What accepting a proposal would do to what stands now, or why it would be refused."""
    with scene.database.reading() as session:
        found = proposals.get(session, number)
    return render(scene, "_outcome.html", proposal=found, outcome=_outcome(scene, found))


def _outcome(scene: Scene, found: Proposal) -> Outcome:
    if found.state != workflow.IN_REVIEW:
        return Outcome()
    return Outcome.of(scene, lambda: scene.desk.proposed(found.number))


# -- deciding ----------------------------------------------------------------------------------------------------


@router.post("/proposals/{number}/review")
def decide(scene: ReviewerScene, number: Number, form: FormNow) -> Response:
    """Accept or decline."""
    assert scene.actor is not None
    too_long = "the reason is at most 10,000 characters of ordinary text"
    said = understood(ReviewRequest, too_long, verdict=field(form, "verdict"), reason=field(form, "reason"))
    made = scene.desk.review(scene.actor, number, said.verdict, said.reason, now=scene.now)
    if said.verdict == "decline":
        return go(scene.request, "/review", f"Proposal {number} is declined. Its author reads why.")
    return go(
        scene.request,
        "/review",
        f"Proposal {number} is accepted: it is change {made.change} of the next release. History can take it back.",
    )


@router.post("/proposals/{number}/withdraw")
def withdraw(scene: EditorScene, number: Number) -> Response:
    """Take one's own proposal back."""
    assert scene.actor is not None
    scene.desk.withdraw(scene.actor, number)
    return go(scene.request, "/review?tab=mine", f"Proposal {number} is withdrawn. Nothing has changed.")


@router.post("/proposals/{number}/comments")
def comment(scene: EditorScene, number: Number, form: FormNow) -> Response:
    """Remark on a proposal."""
    assert scene.actor is not None
    text = field(form, "text")
    if not text:
        raise RequestInvalid("write a remark first")
    said = understood(CommentRequest, "a remark is at most 10,000 characters of ordinary text", text=text)
    scene.desk.comment(scene.actor, number, said.text, now=scene.now)
    return go(scene.request, f"/proposals/{number}", "Your remark is added.")
