"""Queries about proposals, their reviews and remarks."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from pydantic import ValidationError
from sqlalchemy import func
from sqlmodel import Session, col, select

from ..core.change import Change as Edit
from ..core.errors import EditConflict, UnknownProposal
from ..wire.changes import read_changes
from .models import Comment, Proposal, Review
from .workflow import IN_REVIEW


def next_number(session: Session) -> int:
    return (session.exec(select(func.max(Proposal.number))).one() or 0) + 1


def get(session: Session, number: int) -> Proposal:
    """
    Raises:
        UnknownProposal: there is none of this number.
    """
    # Numbers that no database column can hold name nothing either.
    found = session.get(Proposal, number) if 0 < number < 1 << 31 else None
    if found is None:
        raise UnknownProposal(f"there is no proposal {number}; GET /v1/proposals lists those there are")
    return found


def changes_of(proposal: Proposal) -> tuple[Edit, ...]:
    """
    Raises:
        EditConflict: an older program stored it in a form that this one does not take.
    """
    try:
        return read_changes(proposal.changes)
    except ValidationError as error:
        raise EditConflict(
            f"proposal {proposal.number} is not written as this program writes changes; decline it and propose it anew"
        ) from error


def first_changes_of(proposal: Proposal, most: int) -> tuple[tuple[Edit, ...], int]:
    """The first changes, and how many there are: reading ten thousand takes long.

    Raises:
        EditConflict: as `changes_of`.
    """
    stored = json.loads(proposal.changes)
    few = Proposal(**proposal.model_dump(exclude={"changes"}), changes=json.dumps(stored[:most]))
    return changes_of(few), len(stored)


def listed(
    session: Session, *, state: str = "", author: str = "", before: int | None = None, limit: int = 100
) -> Sequence[Proposal]:
    """Proposals, the newest first."""
    query = select(Proposal)
    if state:
        query = query.where(Proposal.state == state)
    if author:
        query = query.where(Proposal.author == author)
    if before is not None:
        query = query.where(Proposal.number < min(before, (1 << 31) - 1))
    return session.exec(query.order_by(col(Proposal.number).desc()).limit(limit)).all()


def waiting(session: Session, *, after: int = 0, limit: int = 100) -> Sequence[Proposal]:
    """Proposals in review, the oldest first."""
    query = select(Proposal).where(Proposal.state == IN_REVIEW, col(Proposal.number) > min(after, (1 << 31) - 1))
    return session.exec(query.order_by(col(Proposal.number)).limit(limit)).all()


def waiting_numbers(session: Session) -> Sequence[int]:
    """The numbers of all proposals in review, the oldest first."""
    return session.exec(select(Proposal.number).where(Proposal.state == IN_REVIEW).order_by(col(Proposal.number))).all()


def by_number(session: Session, numbers: Collection[int]) -> dict[int, Proposal]:
    """Some proposals."""
    return {each.number: each for each in session.exec(select(Proposal).where(col(Proposal.number).in_(numbers)))}


def accepted_after(session: Session, seq: int, *, before: int | None = None, limit: int = 100) -> Sequence[Proposal]:
    """Proposals that became a change after this one, the newest change first.

    Args:
        before: only those whose change has a smaller seq, for paging.
    """
    query = select(Proposal).where(col(Proposal.change) > seq)
    if before is not None:
        query = query.where(col(Proposal.change) < min(before, (1 << 31) - 1))
    return session.exec(query.order_by(col(Proposal.change).desc()).limit(limit)).all()


def review(session: Session, number: int) -> Review | None:
    return session.get(Review, number)


def reviews(session: Session, numbers: Sequence[int]) -> dict[int, Review]:
    found = session.exec(select(Review).where(col(Review.proposal).in_(numbers))).all() if numbers else ()
    return {each.proposal: each for each in found}


def comments(session: Session, number: int) -> Sequence[Comment]:
    """The remarks on a proposal, the oldest first."""
    return session.exec(select(Comment).where(Comment.proposal == number).order_by(col(Comment.id))).all()


def count(session: Session, state: str) -> int:
    return session.exec(select(func.count()).select_from(Proposal).where(Proposal.state == state)).one()
