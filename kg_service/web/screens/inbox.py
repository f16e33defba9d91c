"""S7: labels that named nothing, and what people make of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from ...api.inboxes import InboxNow, cursor_of, place_of
from ...core.errors import SkinR1Error
from ...core.telling import told
from ...editorial.inbox.inbox import Inbox, Plan
from ...editorial.inbox.planning import Choice
from ...editorial.inbox.standing import State
from ...wire.changes import Id, Label
from ...wire.unmapped import DatasetName
from ..deciding import SAID, VERDICTS, Row, choice_in, opened
from ..forms import FormNow, field, number_in
from ..page import go, is_htmx, pages, render
from ..scene import EditorScene, ReaderScene, Scene
from ..sentences import Pieces, all_pieces, linking
from ..wording import problem

router = pages()

_AT_ONCE = 20
_Concepts = Annotated[list[Id], Query(max_length=20)]


@router.get("/inbox")
def waiting_labels(
    scene: ReaderScene,
    inbox: InboxNow,
    dataset: Annotated[str, Query(max_length=120)] = "",
    state: State = "open",
    after: Annotated[str, Query(max_length=4_000)] = "",
) -> Response:
    """Labels that wait for a decision, or that somebody decided; the most images first."""
    page = inbox.page(state, dataset=dataset or None, after=place_of(after), limit=_AT_ONCE, now=scene.now)
    return render(
        scene,
        "inbox.html",
        rows=[Row(item) for item in page.items],
        following=cursor_of(page.last) if page.last else "",
        tallies=inbox.tally(now=scene.now),
        dataset=dataset,
        state=state,
        verdicts=VERDICTS,
        said_of=SAID,
        first=not after,
    )


@router.get("/inbox/label")
def label_form(
    scene: EditorScene,
    inbox: InboxNow,
    dataset: DatasetName,
    label: Label,
    decision: str = "",
    concept: _Concepts = [],  # noqa: B006 - FastAPI copies it
    closed: bool = False,
) -> Response:
    """One label with the form in which to decide about it."""
    item = inbox.item(dataset, label, now=scene.now)
    row = Row(item) if closed or item.state == "decided" else opened(item, decision, concept)
    return _row(scene, inbox, row)


@router.post("/inbox/preview")
def preview_decision(scene: EditorScene, inbox: InboxNow, form: FormNow) -> Response:
    """What the decision that a form holds would do, in words; or what it lacks."""
    try:
        plan = inbox.plan(choice_in(form), now=scene.now)
    except SkinR1Error as error:
        return render(scene, "_inbox_preview.html", plan=None, lacks=problem(error, scene.know)[0], sentences=())
    return render(scene, "_inbox_preview.html", plan=plan, lacks="", sentences=_sentences(scene, plan))


@router.post("/inbox/decide")
def decide(scene: EditorScene, inbox: InboxNow, form: FormNow) -> Response:
    """Decide. Where something malignant is made of what may be benign, or the reverse, the page asks first."""
    assert scene.actor is not None
    choice = choice_in(form)
    if field(form, "sure") != "yes":
        plan = inbox.plan(choice, now=scene.now)
        if plan.warning:
            return _ask(scene, inbox, choice, plan)
    made = inbox.decide(scene.actor, choice, now=scene.now)
    if not is_htmx(scene.request):
        return go(
            scene.request, "/inbox", f"Decided: “{choice.label}” {SAID[choice.decision]}. The tab Decided undoes it."
        )
    return _row(scene, inbox, Row(inbox.item(choice.dataset, choice.label, now=scene.now), plan=made.plan))


@router.post("/inbox/undo")
def undo(scene: EditorScene, inbox: InboxNow, form: FormNow) -> Response:
    """Take a decision back; the label is open again."""
    assert scene.actor is not None
    number = number_in(form, "number", "this form does not say which decision to take back; open the inbox again")
    inbox.undo(scene.actor, number, now=scene.now)
    if not is_htmx(scene.request):
        return go(scene.request, "/inbox", "The decision is taken back. The label is open again.")
    return _row(scene, inbox, Row(inbox.item(field(form, "dataset"), field(form, "label"), now=scene.now)))


def _row(scene: Scene, inbox: Inbox, row: Row) -> Response:
    """One label: in its place in the list, or as a page of its own."""
    template = "_inbox_row.html" if is_htmx(scene.request) else "inbox_label.html"
    tallies = inbox.tally(now=scene.now)
    return render(scene, template, row=row, tallies=tallies, verdicts=VERDICTS, said_of=SAID)


def _ask(scene: Scene, inbox: Inbox, choice: Choice, plan: Plan) -> Response:
    """Ask before a malignant reading is made of what may be benign, or the reverse."""
    told = {"choice": choice, "plan": plan, "sentences": _sentences(scene, plan), "said_of": SAID}
    row = Row(inbox.item(choice.dataset, choice.label, now=scene.now))
    answer = render(scene, "_inbox_ask.html" if is_htmx(scene.request) else "inbox_ask.html", row=row, **told)
    answer.headers.update({"HX-Retarget": "#ask", "HX-Reswap": "innerHTML"})
    return answer


def _sentences(scene: Scene, plan: Plan) -> tuple[Pieces, ...]:
    draft = scene.desk.draft().knowledge
    return all_pieces([told(change, draft, linking(draft)) for change in plan.changes])
