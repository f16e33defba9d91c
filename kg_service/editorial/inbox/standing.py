"""Whether a label still waits for somebody: pure rules over its decision, the proposal's state and the draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ...core.labels import Ambiguous, How, Resolution, Resolved
from ..times import timestamp
from ..workflow import ACCEPTED, IN_REVIEW

State = Literal["open", "decided"]

# How long a decision may be without its proposal: a process that died in between must not block the label.
_CLAIM = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision on a label. `proposal_state` is None where there is no proposal."""

    number: int
    dataset: str
    label: str
    decision: str
    concepts: tuple[str, ...]
    scope: str
    reason: str
    author: str
    at: str
    proposal: int | None
    proposal_state: str | None


def is_answered(found: Resolution) -> bool:
    """Whether the knowledge says what a label means, be it several things on purpose or no disease."""
    if isinstance(found, Resolved):
        return True
    if isinstance(found, Ambiguous):
        return found.how is How.CROSSWALK
    return found.reason == "not-a-disease"


def stands(decided: Decided, found: Resolution, *, now: datetime) -> bool:
    """Whether a decision still holds, so that nobody needs to look at the label again.

    One whose proposal was declined or withdrawn does not, nor one that was accepted and has been reverted since; and
    "cannot tell" holds until somebody could.
    """
    if decided.decision == "cannot-tell":
        return not is_answered(found)
    if decided.proposal is None:
        return decided.at > timestamp(now - _CLAIM)
    if decided.proposal_state == ACCEPTED:
        return is_answered(found)
    return decided.proposal_state == IN_REVIEW


def state_of(decided: Decided | None, found: Resolution, *, now: datetime) -> State | None:
    """None for a label that resolves by now without anybody's decision here: it has left the inbox."""
    if decided is not None and stands(decided, found, now=now):
        return "decided"
    return None if is_answered(found) else "open"
