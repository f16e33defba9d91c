"""From a form to a proposal: the one way in which pages edit."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import Response

from ..core.change import Change
from ..core.errors import RequestInvalid
from ..editorial import proposals, workflow
from ..editorial.actor import Actor
from ..editorial.database import Database
from ..editorial.models import Proposal
from ..wire.changes import write_changes
from ..wire.editing import RevertRequest
from .forms import number_in, understood
from .page import go
from .scene import Scene


def base_of(form: FormData) -> int:
    """The last change that the form's author had seen (its hidden field `base`).

    Raises:
        RequestInvalid: the form does not say.
    """
    return number_in(form, "base", "this form does not say which state it edits; open it again")


def reason(text: str) -> str:
    """Why somebody edits, as the API takes it.

    Raises:
        RequestInvalid: it is empty, too long, or no ordinary text.
    """
    if not text:
        raise RequestInvalid("say in a few words why; the reviewer and the history show it")
    too_long = "the reason is at most 10,000 characters of ordinary text"
    return understood(RevertRequest, too_long, message=text).message


def propose(scene: Scene, changes: Sequence[Change], *, message: str, base: int, then: str = "") -> Response:
    """Propose changes and lead on: to the proposal where it waits for a reviewer, else to the page `then`.

    Raises:
        SkinR1Error: as `Desk.propose` does; the page's form then shows it and keeps what was typed.
    """
    assert scene.actor is not None
    message = reason(message)
    if (number := _sent_before(scene.database, scene.actor, changes, message)) is not None:
        return go(scene.request, f"/proposals/{number}", f"You have sent this before: it waits as proposal {number}.")
    made = scene.desk.propose(scene.actor, changes, message=message, base=base, now=scene.now)
    if made.change is not None:
        return go(
            scene.request,
            then or "/",
            f"Saved as change {made.change}, and part of the next release. History can take it back.",
        )
    return go(scene.request, f"/proposals/{made.number}", told(made))


def _sent_before(database: Database, author: Actor, changes: Sequence[Change], message: str) -> int | None:
    """The open proposal in which an author says just this: a form is sent twice where its answer was lost."""
    with database.reading() as session:
        own = proposals.listed(session, state=workflow.IN_REVIEW, author=author.name, limit=1)
    try:
        again = own and own[0].message == message and own[0].changes == write_changes(changes)
    except ValidationError:
        return None  # no proposal can hold these
    return own[0].number if again else None


def told(made: Proposal) -> str:
    """What an author should know of a proposal just made."""
    return f"Proposal {made.number} waits for another person's review. Nothing has changed yet."
