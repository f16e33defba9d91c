"""S8: who changed what, when, and how it is taken back."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Path, Query
from starlette.responses import Response

from ...core.errors import RequestInvalid
from ...editorial import history, repository
from ...editorial.models import Change
from ...editorial.repository import ChangeRow
from ...store.statement import CONCEPT_BASE
from ...wire import MAX_SEQ
from ..forms import FormNow, field
from ..impact import Outcome
from ..log import logged
from ..page import go, pages, render
from ..paging import AT_ONCE
from ..proposal import telling_of_entry
from ..proposing import reason
from ..proposing import told as told_author
from ..scene import EditorScene, ReaderScene, Scene

router = pages()

Seq = Annotated[int, Path(ge=1, le=MAX_SEQ)]
Text = Annotated[str, Query(max_length=300)]
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LINES = 400  # statements shown to engineers; an import has tens of thousands


@router.get("/history")
def log(
    scene: ReaderScene,
    concept: Text = "",
    person: Text = "",
    since: Text = "",
    until: Text = "",
    before: Annotated[int | None, Query(ge=0, le=MAX_SEQ)] = None,
) -> Response:
    """The log, the newest first: of everything, of one concept, of one person, of some days."""
    for day in filter(None, (since, until)):
        if not _DAY.fullmatch(day):
            raise RequestInvalid(f"‘{day}’ is no day; write it as 2026-11-30")
    node = CONCEPT_BASE + concept if concept else ""
    last = f"{until}T23:59:59Z" if until else ""
    draft = scene.desk.draft()
    with scene.database.reading() as session:
        rows = repository.changes(
            session, node=node, author=person, since=since, until=last, before=before, limit=AT_ONCE
        )
        found = logged(session, scene, draft, rows)
        people = history.authors(session)
    asked: dict[str, Any] = {"concept": concept, "person": person, "since": since, "until": until}
    more = scene.url("/history", **asked, before=rows[-1].seq) if len(rows) == AT_ONCE else ""
    return render(scene, "history.html", entries=found, people=people, more=more, **asked)


@router.get("/changes/{seq}")
def change(scene: ReaderScene, seq: Seq, at: Annotated[int, Query(ge=0)] = 0, back: bool = False) -> Response:
    """One change: what it did in words, its statements, and the way back.

    Args:
        at: the first of what it did to tell; a page holds fifty.
        back: with what taking it back would do, which a browser with htmx asks for by itself.
    """
    draft = scene.desk.draft()
    with scene.database.reading() as session:
        entry = repository.change(session, seq)
        (found,) = logged(session, scene, draft, [_row(entry)])
        told = None if entry.proposal is None else telling_of_entry(session, draft, entry, at)
    return render(
        scene,
        "change.html",
        entry=found,
        telling=told,
        statements={"added": _lines(entry.added), "removed": _lines(entry.removed)},
        seq=seq,
        outcome=_back(scene, seq) if back and entry.proposal is not None else None,
    )


@router.get("/changes/{seq}/back")
def back(scene: ReaderScene, seq: Seq) -> Response:
    """What taking a change back would do to what stands now, or why it cannot be taken back."""
    return render(scene, "_back.html", seq=seq, outcome=_back(scene, seq))


@router.post("/changes/{seq}/revert")
def revert(scene: EditorScene, seq: Seq, form: FormNow) -> Response:
    """Propose to take a change back."""
    assert scene.actor is not None
    made = scene.desk.revert(scene.actor, seq, message=reason(field(form, "message")), now=scene.now)
    if made.change is not None:
        return go(scene.request, f"/changes/{made.change}", f"Change {seq} is taken back by change {made.change}.")
    return go(scene.request, f"/proposals/{made.number}", told_author(made))


def _back(scene: Scene, seq: int) -> Outcome:
    return Outcome.of(scene, lambda: scene.desk.taken_back(seq))


def _row(entry: Change) -> ChangeRow:
    return ChangeRow(entry.seq, entry.at, entry.author, entry.message, entry.proposal, entry.hash)


def _lines(nquads: str) -> tuple[list[str], int]:
    """The first statements, and how many there are. Not `splitlines`: a text may hold other line separators."""
    return [line for line in nquads.split("\n", _LINES)[:_LINES] if line], nquads.count("\n")
