"""The states of a proposal and who may move it. Pure: it looks at rows and refuses; others store.

    in-review --accept--> accepted      --decline--> declined      --withdraw (its author)--> withdrawn

A light proposal (synonyms, typos) of a trusted editor is accepted as it comes in. Everything else takes two people.
"""

from __future__ import annotations

from ..core.errors import Forbidden, ProposalClosed
from .actor import Actor
from .models import Proposal

IN_REVIEW, ACCEPTED, DECLINED, WITHDRAWN = "in-review", "accepted", "declined", "withdrawn"
STATES = (IN_REVIEW, ACCEPTED, DECLINED, WITHDRAWN)


def goes_straight_through(who: Actor, *, light: bool) -> bool:
    return light and who.trusted


def expect_editor(who: Actor) -> None:
    """
    Raises:
        Forbidden: not an editor.
    """
    if not who.may("editor"):
        raise Forbidden("proposing changes takes the role editor")


def expect_open(proposal: Proposal) -> None:
    """
    Raises:
        ProposalClosed: it was decided already.
    """
    if proposal.state != IN_REVIEW:
        raise ProposalClosed(f"proposal {proposal.number} is {proposal.state} already")


def expect_reviewer(who: Actor, proposal: Proposal) -> None:
    """
    Raises:
        Forbidden: not a reviewer, or the author of something structural.
    """
    if not who.may("reviewer"):
        raise Forbidden("accepting and declining takes the role reviewer")
    if who.name == proposal.author and not proposal.light:
        raise Forbidden("nobody accepts their own structural change; ask another reviewer, or withdraw it")


def expect_author(who: Actor, proposal: Proposal) -> None:
    """
    Raises:
        Forbidden: somebody else's proposal.
    """
    if who.name != proposal.author:
        raise Forbidden(f"only {proposal.author} may withdraw proposal {proposal.number}; a reviewer may decline it")
