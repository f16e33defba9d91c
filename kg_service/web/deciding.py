"""The inbox for people: what a form says about a label, and what there is to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import FormData

from ..core.errors import RequestInvalid
from ..core.labels import Ambiguous
from ..core.suggestion import Step, Suggestion
from ..editorial.inbox.inbox import Item, Plan
from ..editorial.inbox.planning import Choice
from ..editorial.workflow import IN_REVIEW
from ..wire.changes import Label
from ..wire.unmapped import DatasetName, Reason, Scope, Verdict
from .forms import field, fields
from .scene import Scene

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
# How a decision reads: "'blue naevus?' is the same as …".
SAID: Mapping[str, str] = {
    "same-as": "is the same as",
    "broader": "is filed under",
    "several": "may be any of",
    "not-a-disease": "is not a disease",
    "cannot-tell": "cannot be told",
}
_ONE = ("same-as", "broader")
_MOST_PICKERS = 8
_SENT = TypeAdapter(tuple[DatasetName, Label, Reason])
_VERDICT, _SCOPE = TypeAdapter(Verdict), TypeAdapter(Scope)


@dataclass(frozen=True, slots=True)
class Row:
    """A label on the page.

    Args:
        draft: what the row's open form says; None where it is closed.
        plan: what was just decided about it, to be told in its place.
    """

    item: Item
    draft: Choice | None = None
    plan: Plan | None = None

    @property
    def key(self) -> str:
        """For the ids of its elements."""
        return self.item.row.key[:12]

    @property
    def sure(self) -> Suggestion | None:
        """The one suggestion that a single click may take: the same name but for its spelling."""
        advice = self.item.advice
        return next((each for each in advice.suggestions if each.step is Step.STRONG), None) if advice else None

    @property
    def others(self) -> tuple[Suggestion, ...]:
        advice = self.item.advice
        return tuple(each for each in advice.suggestions if each is not self.sure) if advice else ()

    @property
    def readings(self) -> tuple[str, ...]:
        """The concepts that the label means by its own names, where it means several."""
        return self.item.found.concepts if isinstance(self.item.found, Ambiguous) else ()

    @property
    def pickers(self) -> tuple[str, ...]:
        """What the boxes of the form hold: the concepts chosen, and room for more."""
        chosen = self.draft.concepts if self.draft else ()
        room = max(3, min(len(chosen) + 1, _MOST_PICKERS)) - len(chosen)
        return (*chosen, *[""] * room)

    def undo_by(self, scene: Scene) -> bool:
        """Whether who looks may take the decision back here; what was accepted is reverted in the history."""
        decided, actor = self.item.decided, scene.actor
        if decided is None or actor is None:
            return False
        if decided.proposal is None:
            return decided.author == actor.name or actor.may("reviewer")
        return decided.author == actor.name and decided.proposal_state == IN_REVIEW


def opened(item: Item, verdict: str, concepts: Sequence[str]) -> Row:
    """A row with its form open, filled in as far as the address says.

    Raises:
        RequestInvalid: it names a relation that there is not.
    """
    row = Row(item)
    if not verdict and not concepts and row.readings:
        verdict, concepts = "several", row.readings
    choice = Choice(item.row.dataset, item.row.label, _verdict(verdict or "same-as"), tuple(concepts))
    return replace(row, draft=choice)


def choice_in(form: FormData) -> Choice:
    """What a form says. Of its boxes only those count that the relation takes.

    Raises:
        RequestInvalid: it lacks something, or holds what cannot be.
    """
    verdict = _verdict(field(form, "decision"))
    concepts = [id_ for name in form for id_ in fields(form, name) if name.startswith("concept-")]
    concepts = list(dict.fromkeys(concepts))
    if verdict in _ONE:
        concepts = [id_ for id_ in concepts if id_ in fields(form, _first_box(form))]
        if not concepts:
            raise RequestInvalid("choose the disease or group first: type its name and take it from the list")
    elif verdict != "several":
        concepts = []
    elif len(concepts) < 2:
        raise RequestInvalid("choose at least two diseases that it may be")
    try:
        dataset, label, reason = _SENT.validate_python([field(form, name) for name in ("dataset", "label", "reason")])
        scope = _SCOPE.validate_python(field(form, "scope") or "dataset")
    except ValidationError as error:
        raise RequestInvalid("the form cannot be used as it is; open the label again") from error
    return Choice(dataset, label, verdict, tuple(concepts), scope if verdict == "same-as" else "dataset", reason)


def _first_box(form: FormData) -> str:
    return next((name for name in form if name.startswith("concept-")), "")


def _verdict(text: str) -> Verdict:
    try:
        return _VERDICT.validate_python(text)
    except ValidationError as error:
        raise RequestInvalid("choose what the label is") from error
