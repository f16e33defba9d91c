"""S3: move, merge, split and retire a concept."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from ...core.concept import Condition
from ...core.errors import NothingChanged, RequestInvalid, Stale
from ..drafting import edited_by, on_draft, standing
from ..page import FormNow, field, is_htmx, pages, render
from ..placing import MAX_PARTS, How, changes_of
from ..proposing import base_of, propose
from ..scene import EditorScene, Scene

router = pages()


@router.get("/n/{id_}/move")
def move_form(scene: EditorScene, id_: str) -> Response:
    """Choose other parents."""
    return _form("move", scene, id_)


@router.get("/n/{id_}/merge")
def merge_form(scene: EditorScene, id_: str) -> Response:
    """Choose what it becomes part of."""
    return _form("merge", scene, id_)


@router.get("/n/{id_}/split")
def split_form(scene: EditorScene, id_: str) -> Response:
    """Name the parts."""
    return _form("split", scene, id_)


@router.get("/n/{id_}/retire")
def retire_form(scene: EditorScene, id_: str) -> Response:
    """Choose what replaces it."""
    return _form("retire", scene, id_)


@router.post("/n/{id_}/move")
def move(scene: EditorScene, id_: str, form: FormNow) -> Response:
    """Propose the move."""
    return _send("move", scene, id_, form)


@router.post("/n/{id_}/merge")
def merge(scene: EditorScene, id_: str, form: FormNow) -> Response:
    """Propose the merging."""
    return _send("merge", scene, id_, form)


@router.post("/n/{id_}/split")
def split(scene: EditorScene, id_: str, form: FormNow) -> Response:
    """Propose the split."""
    return _send("split", scene, id_, form)


@router.post("/n/{id_}/retire")
def retire(scene: EditorScene, id_: str, form: FormNow) -> Response:
    """Propose the retirement."""
    return _send("retire", scene, id_, form)


@router.get("/edit/part")
def another_part(scene: EditorScene, number: Annotated[int, Query(alias="n", ge=3, le=MAX_PARTS)]) -> Response:
    """The fields of one more part of a split."""
    return render(on_draft(scene), "_part.html", number=number, most=MAX_PARTS, conditions=list(Condition))


def _form(how: How, scene: Scene, id_: str) -> Response:
    scene, draft = on_draft(scene), scene.desk.draft()
    concept = standing(draft, id_)
    know = draft.knowledge
    with scene.database.reading() as session:
        pending = scene.request.app.state.pending.by_concept(session, draft.content).get(id_, ())
    return render(
        scene,
        f"{how}.html",
        how=how,
        it=concept,
        base=draft.seq,
        children=know.children(id_),
        neighbours=[each.concept for each in know.ddx.neighbours(id_)],
        read_as=[entry for entry in know.crosswalk if id_ in entry.concepts],
        pending=pending,
        conditions=list(Condition),
        most=MAX_PARTS,
    )


def _send(how: How, scene: Scene, id_: str, form: FormNow) -> Response:
    scene, draft = on_draft(scene), scene.desk.draft()
    concept, base = standing(draft, id_), base_of(form)
    changes = changes_of(how, form, concept, draft)
    if not changes:
        raise NothingChanged(_NOTHING[how])
    if not field(form, "message"):
        raise RequestInvalid("Say in a few words why; the reviewer and the history show it.")
    try:
        return propose(scene, changes, message=field(form, "message"), base=base, then=scene.concept_url(id_))
    except Stale:
        if not is_htmx(scene.request):
            raise
        answer = render(scene, "_place_stale.html", it=concept, base=draft.seq, newer=edited_by(draft, id_))
        answer.headers.update({"HX-Retarget": "#said", "HX-Reswap": "innerHTML"})
        return answer


_NOTHING = {
    "move": "It lies there already. Choose another group, or other groups.",
    "merge": "Choose what it becomes part of.",
    "split": "Name at least two parts.",
    "retire": "Nothing would change.",
}
