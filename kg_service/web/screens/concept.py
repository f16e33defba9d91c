"""S2: edit a concept, or add one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import Query
from starlette.responses import Response

from ...core.change import PutConcept
from ...core.comparison import inherited
from ...core.concept import Concept, Condition, Polarity
from ...core.errors import NothingChanged
from ...editorial import repository
from ...editorial.working import Working
from ...exchange.wording import short_id
from ..concept_form import NEW, Clash, ConceptForm, clashes, edit, first_seen, kept
from ..drafting import edited_by, on_draft, standing
from ..forms import FormNow, field
from ..page import is_htmx, pages, render
from ..proposing import base_of, propose
from ..scene import EditorScene, Scene

router = pages()


@router.get("/n/{id_}/edit")
def edit_form(scene: EditorScene, id_: str) -> Response:
    """The form with what stands now."""
    scene, draft = on_draft(scene), scene.desk.draft()
    was = standing(draft, id_)
    return render(scene, "edit_concept.html", **_context(scene, draft, was, ConceptForm.of(was)))


@router.post("/n/{id_}/edit")
def send_edit(scene: EditorScene, id_: str, form: FormNow) -> Response:
    """Propose what differs from what the form showed at first; what others said since is never overwritten unseen."""
    scene, draft = on_draft(scene), scene.desk.draft()
    now, was, base = standing(draft, id_), first_seen(form, id_), base_of(form)
    said = ConceptForm.read(form, was)
    mine, changes = edit(said, was)
    if not changes:
        raise NothingChanged("The form says what stands already. Nothing was sent.")
    if found := clashes(changes, was, now, mine, scene.naming):
        context = _context(scene, draft, now, said.rebased(was, now), found, since=base)
        return _again(scene, {**context, "message": field(form, "message")})
    # What others changed since the form was opened is another part of the concept, so both edits stand.
    return propose(scene, changes, message=field(form, "message"), base=draft.seq, then=scene.concept_url(id_))


@router.get("/new")
def new_form(scene: EditorScene, under: str = Query("", max_length=300)) -> Response:
    """The form of a concept that is not there yet."""
    scene, draft = on_draft(scene), scene.desk.draft()
    parents = (under,) if under in draft.content.concepts else ()
    return render(scene, "edit_concept.html", **_context(scene, draft, NEW, ConceptForm(parents=parents)))


@router.post("/new")
def send_new(scene: EditorScene, form: FormNow) -> Response:
    """Propose a concept. Its id is made of its name and is never another's."""
    scene, draft = on_draft(scene), scene.desk.draft()
    concept = new_concept(ConceptForm.read(form, NEW), draft)
    return propose(
        scene,
        [PutConcept(concept)],
        message=field(form, "message"),
        base=draft.seq,
        then=scene.concept_url(concept.id),
    )


def new_concept(said: ConceptForm, draft: Working) -> Concept:
    """The concept that the form of a new one means.

    Raises:
        RequestInvalid: a field says what it cannot.
    """
    made = said.concept(NEW)
    return replace(made, id=short_id(made.pref_label, {*draft.content.concepts, *draft.content.retired}))


def _again(scene: Scene, context: dict[str, Any]) -> Response:
    """The form once more, with what its author wrote and what others wrote meanwhile."""
    if not is_htmx(scene.request):
        return render(scene, "edit_concept.html", 409, **context)
    answer = render(scene, "_concept_form.html", **context)
    answer.headers.update({"HX-Retarget": "#concept-form", "HX-Reswap": "outerHTML"})
    return answer


def _context(
    scene: Scene, draft: Working, was: Concept, said: ConceptForm, found: tuple[Clash, ...] = (), since: int = 0
) -> dict[str, Any]:
    """What the template is given.

    Args:
        found: where others have changed what the author changed too, since the change `since`.
    """
    know = draft.knowledge
    with scene.database.reading() as session:
        pending = scene.request.app.state.pending.by_concept(session, draft.content).get(was.id, ())
        newer = edited_by(draft, was.id) if found else 0
        by = repository.change(session, newer) if newer > since else None
    is_group = was.id != "" and bool(know.children(was.id))
    above = inherited(know, was.id) if was.id else {}
    return {
        "was": was,
        "typed": said,
        "profile": sorted(said.profile, key=lambda row: (_ORDER.get(row[1], 0), scene.naming.feature(row[0]))),
        "kept": kept(was),
        "base": draft.seq,
        "is_group": is_group,
        "derived": know.condition(was.id) if is_group else None,
        "conditions": list(Condition),
        "polarities": list(Polarity),
        "inherited": sorted(above.items(), key=lambda each: know.feature(each[0]).pref_label),
        "pending": pending,
        "clashes": found,
        "newer": by,
        "message": "",
    }


_ORDER = {polarity.value: place for place, polarity in enumerate(Polarity)}
