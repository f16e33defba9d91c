"""S9: releases, their notes and their differences."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from ...core.effect import difference
from ...core.knowledge import Knowledge
from ...editorial import proposals, repository
from ...editorial.publishing import publish
from ...wire.editing import PublishRequest
from ..forms import FormNow, field, understood
from ..page import go, pages, render
from ..paging import AT_ONCE
from ..proposal import entries
from ..proposing import base_of
from ..release_notes import Notes
from ..scene import ReaderScene, ReviewerScene, SceneNow
from ..sentences import linking

router = pages()

At = Annotated[int, Query(ge=0)]
Name = Annotated[str, Query(max_length=100)]


@router.get("/releases")
def releases(scene: SceneNow) -> Response:
    """All releases, the newest first."""
    with scene.database.reading() as session:
        found = repository.releases(session)
        unpublished = repository.last_seq(session) - found[0].seq
    return render(scene, "releases.html", releases=found, unpublished=unpublished)


@router.post("/releases")
def publish_release(scene: ReviewerScene, form: FormNow) -> Response:
    """Sign the draft off as a release."""
    assert scene.actor is not None
    too_long = "a name has at most 64 characters, the notes at most 10,000, of ordinary text"
    said = understood(PublishRequest, too_long, name=field(form, "name"), notes=field(form, "notes"))
    made = publish(
        scene.database,
        scene.actor,
        scene.views.shapes,
        name=said.name,
        notes=said.notes,
        seen=base_of(form),
        now=scene.now,
    )
    scene.views.refresh()
    return go(scene.request, f"/releases/{made.id}", f"Release {made.id} is published.")


@router.get("/releases/draft")
def draft(scene: ReaderScene, at: At = 0) -> Response:
    """What is new since the last release, and the form that publishes it."""
    newest, standing = scene.views.newest, scene.desk.draft()
    with scene.database.reading() as session:
        found = proposals.accepted_after(session, newest.release.seq, limit=AT_ONCE)
        accepted = entries(session, scene, standing, found)
        number = repository.next_number(session)
    return render(
        scene,
        "release_draft.html",
        newest=newest.release,
        draft=standing,
        accepted=accepted,
        number=number,
        notes=_notes(newest.knowledge, standing.knowledge, at),
    )


@router.get("/releases/{name}")
def release(scene: SceneNow, name: str, against: Name = "", at: At = 0) -> Response:
    """One release: its notes, how it differs from the one before it or from any other, its files."""
    shown = scene.views.at(name)
    row = shown.release
    with scene.database.reading() as session:
        known = repository.releases(session)
        before = repository.release_before(session, row.id)
    other = against or before or ""
    old = scene.views.at(other) if other and other != row.id else None
    return render(
        scene,
        "release.html",
        release=row,
        releases=known,
        before=before,
        other=old.release if old else None,
        notes=_notes(old.knowledge, shown.knowledge, at) if old else None,
        is_newest=known[0].id == row.id,
    )


def _notes(old: Knowledge, new: Knowledge, at: int) -> Notes:
    return Notes.of(difference(old, new, linking(old, new)), start=at)
