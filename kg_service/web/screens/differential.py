"""S5: edit what tells two diagnoses apart."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from ...core.change import RemoveDifferential
from ...core.comparison import comparison
from ...core.concept import REVIEWED, UNREVIEWED, Polarity, Strength
from ...core.errors import SkinR1Error, UnknownDifferential
from ..differential_form import changes, lines_of, new_line
from ..drafting import on_draft, tried, untriable
from ..forms import FormNow, field
from ..page import pages, render
from ..proposing import base_of, propose
from ..scene import EditorScene, pair_path

router = pages()


@router.get("/ddx/{a}/{b}/edit")
def edit(scene: EditorScene, a: str, b: str) -> Response:
    """The form of a differential, or of one to be."""
    scene = on_draft(scene)
    draft = scene.desk.draft()
    found = comparison(draft.knowledge, a, b)
    near, others = lines_of(draft.knowledge, found)
    return render(
        scene,
        "ddx_edit.html",
        found=found,
        base=draft.seq,
        near=near,
        others=others,
        polarities=tuple(Polarity),
        strengths=tuple(Strength),
        statuses=(UNREVIEWED, REVIEWED),
        path=pair_path(a, b),
    )


@router.get("/ddx/{a}/{b}/row")
def row(
    scene: EditorScene,
    a: str,
    b: str,
    add: Annotated[str, Query(max_length=200)] = "",
    feature: Annotated[list[str] | None, Query(max_length=1_000)] = None,
) -> Response:
    """One more feature for the form, unless it stands there already."""
    if not add or add in (feature or ()):
        return Response(status_code=204)
    know = on_draft(scene).desk.draft().knowledge
    line = new_line(know, a, b, add)
    return render(scene, "_ddx_row.html", line=line, here=a, there=b, polarities=tuple(Polarity), fresh=True)


@router.post("/ddx/{a}/{b}/preview")
def preview(scene: EditorScene, a: str, b: str, form: FormNow) -> Response:
    """What sending the form would do. Nothing is stored."""
    scene = on_draft(scene)
    draft = scene.desk.draft()
    try:
        asked = tried(scene, draft, changes(draft.knowledge, a, b, form))
    except SkinR1Error as error:
        asked = untriable(scene, draft, error)
    return render(scene, "_ddx_preview.html", tried=asked)


@router.post("/ddx/{a}/{b}/edit")
def send(scene: EditorScene, a: str, b: str, form: FormNow) -> Response:
    """Propose what the form says."""
    scene = on_draft(scene)
    asked = changes(scene.desk.draft().knowledge, a, b, form)
    return propose(scene, asked, message=field(form, "message"), base=base_of(form), then=pair_path(a, b))


@router.post("/ddx/{a}/{b}/remove")
def remove(scene: EditorScene, a: str, b: str, form: FormNow) -> Response:
    """Propose that the two are no longer listed as differentials.

    Raises:
        UnknownDifferential: they are not.
    """
    scene = on_draft(scene)
    know = scene.desk.draft().knowledge
    if know.ddx.between(a, b) is None:
        raise UnknownDifferential("these two are not listed as differentials any longer")
    first, second = sorted((a, b))
    change = RemoveDifferential(first, second)
    return propose(scene, [change], message=field(form, "message"), base=base_of(form), then=pair_path(a, b))
