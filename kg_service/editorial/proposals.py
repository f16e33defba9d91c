"""Queries about proposals, their reviews and remarks."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError
from sqlalchemy import func
from sqlmodel import Session, col, select

from ..core.change import Change as Edit
from ..core.errors import EditConflict, UnknownProposal
from ..wire.changes import read_changes
from .models import Comment, Proposal, Review


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
