"""S3: move, merge, split and retire a concept."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from ...core.concept import Condition
from ...core.errors import NothingChanged, Stale
from ..drafting import edited_by, on_draft, standing
from ..forms import FormNow, field
from ..page import is_htmx, pages, render
from ..placing import MAX_PARTS, How, changes_of
from ..proposing import base_of, propose
from ..scene import EditorScene

router = pages()


@router.get("/edit/part")
def another_part(scene: EditorScene, number: Annotated[int, Query(alias="n", ge=3, le=MAX_PARTS)]) -> Response:
    """The fields of one more part of a split."""
    return render(on_draft(scene), "_part.html", number=number, most=MAX_PARTS, conditions=list(Condition))


@router.get("/n/{id_}/{how}")
def place_form(scene: EditorScene, id_: str, how: How) -> Response:
    """Choose other parents, what it becomes part of, its parts, or what replaces it."""
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


@router.post("/n/{id_}/{how}")
def send(scene: EditorScene, id_: str, how: How, form: FormNow) -> Response:
    """Propose what was chosen."""
    scene, draft = on_draft(scene), scene.desk.draft()
    concept, base = standing(draft, id_), base_of(form)
    changes = changes_of(how, form, concept, draft)
    if not changes:
        raise NothingChanged(_NOTHING[how])
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
