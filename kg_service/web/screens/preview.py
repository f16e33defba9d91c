"""What an edit would do, while it is still being typed; and the rows that forms gain as one chooses."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from ...core.change import Change, PutConcept
from ...core.concept import Concept, Polarity
from ...core.errors import SkinR1Error
from ..concept_form import NEW, ConceptForm, edit, first_seen
from ..drafting import Tried, on_draft, standing, tried, untriable
from ..forms import FormNow, field, fields
from ..hints import hints
from ..page import pages, render
from ..placing import How, changes_of
from ..scene import EditorScene, Scene
from .concept import new_concept

router = pages()


@router.post("/n/{id_}/edit/preview")
def try_edit(scene: EditorScene, id_: str, form: FormNow) -> Response:
    """The changes of a form in sentences, what they would do, and hints for its fields."""
    scene, draft = on_draft(scene), scene.desk.draft()
    standing(draft, id_)
    was = first_seen(form, id_)
    try:
        mine, changes = edit(ConceptForm.read(form, was), was)
    except SkinR1Error as error:
        return _shown(scene, untriable(scene, draft, error), was, was)
    return _shown(scene, tried(scene, draft, changes), was, mine)


@router.post("/new/preview")
def try_new(scene: EditorScene, form: FormNow) -> Response:
    """As `try_edit`, for a concept that is not there yet."""
    scene, draft = on_draft(scene), scene.desk.draft()
    said = ConceptForm.read(form, NEW)
    if not said.label:
        return _shown(scene, untriable(scene, draft), NEW, NEW)
    try:
        made = new_concept(said, draft)
    except SkinR1Error as error:
        return _shown(scene, untriable(scene, draft, error), NEW, NEW)
    changes: list[Change] = [PutConcept(made)]
    return _shown(scene, tried(scene, draft, changes), NEW, made)


def _shown(scene: Scene, found: Tried, was: Concept, mine: Concept) -> Response:
    hinted = hints(found.draft.knowledge, was, mine, found.impact if found.changes else None)
    return render(scene, "_edit_preview.html", tried=found, hints=hinted, is_new=not was.id)


@router.post("/n/{id_}/{how}/preview")
def try_place(scene: EditorScene, id_: str, how: How, form: FormNow) -> Response:
    """What the move, merging, split or retirement would do."""
    scene, draft = on_draft(scene), scene.desk.draft()
    concept = standing(draft, id_)
    try:
        changes = changes_of(how, form, concept, draft)
    except SkinR1Error as error:
        return render(scene, "_place_preview.html", tried=untriable(scene, draft, error))
    return render(scene, "_place_preview.html", tried=tried(scene, draft, changes))


# -- rows --------------------------------------------------------------------------------------------------------


@router.get("/edit/feature")
def feature_row(
    scene: EditorScene,
    add: Annotated[str, Query(max_length=300)] = "",
    polarity: Annotated[list[str] | None, Query(max_length=1_000)] = None,
    feature: Annotated[list[str] | None, Query(max_length=1_000)] = None,
    as_: Annotated[Polarity, Query(alias="as")] = Polarity.PRESENT,
) -> Response:
    """One more feature for the form of a concept; nothing where the form has it already."""
    del polarity  # of the rows that the form has
    scene = on_draft(scene)
    if add not in scene.know.features or add in (feature or ()):
        return Response(status_code=204)
    return render(scene, "_feature_row.html", feature=add, polarity=as_.value, polarities=list(Polarity))


@router.post("/edit/chosen")
def chosen_rows(
    scene: EditorScene,
    form: FormNow,
    name: Annotated[str, Query(pattern="^[a-z]{1,20}$")],
    step: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """The concepts that a form has chosen, after one was added, taken away or put first.

    Args:
        name: of the form's field that holds them; what was picked comes as `add-` and this name.
        step: `first:` or `without:`, and which.
    """
    scene = on_draft(scene)
    picked = field(form, f"add-{name}")
    chosen = list(dict.fromkeys((*fields(form, name), *((picked,) if picked in scene.know.concepts else ()))))
    how, _, which = step.partition(":")
    if which in chosen:
        chosen.remove(which)
        if how == "first":
            chosen.insert(0, which)
    return render(scene, "_chosen.html", name=name, chosen=chosen)
