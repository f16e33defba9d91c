"""From a form to a proposal: the one way in which pages edit."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import FormData
from starlette.responses import Response

from ..core.change import Change
from ..core.errors import RequestInvalid
from ..editorial.models import Proposal
from .page import field, go
from .scene import Scene


def base_of(form: FormData) -> int:
    """The last change that the form's author had seen (its hidden field `base`).

    Raises:
        RequestInvalid: the form does not say.
    """
    said = field(form, "base")
    if not said.isdecimal() or len(said) > 9:
        raise RequestInvalid("this form does not say which state it edits; open it again")
    return int(said)


def propose(scene: Scene, changes: Sequence[Change], *, message: str, base: int, then: str = "") -> Response:
    """Propose changes and lead on: to the proposal where it waits for a reviewer, else to the page `then`.

    Raises:
        SkinR1Error: as `Desk.propose` does; the page's form then shows it and keeps what was typed.
    """
    assert scene.actor is not None
    if not message:
        raise RequestInvalid("say in a few words why; the reviewer and the history show it")
    made = scene.desk.propose(scene.actor, changes, message=message, base=base, now=scene.now)
    if made.change is not None:
        return go(scene.request, then or "/", f"Saved as change {made.change}. It is part of the next release.")
    return go(scene.request, f"/proposals/{made.number}", told(made))


def told(made: Proposal) -> str:
    """What an author should know of a proposal just made."""
    return f"Proposal {made.number} waits for another person's review. Nothing has changed yet."
