"""How the data stands, in numbers that an operator watches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from . import repository, workflow
from .models import Change, Proposal


@dataclass(frozen=True, slots=True)
class Gauges:
    """`seq` and `release_seq` are changes of the log; `accepted` and the values of `proposals` are counts."""

    seq: int
    release: str
    release_seq: int
    digest: str
    accepted: int
    proposals: Mapping[str, int]


def gauges(session: Session) -> Gauges:
    """
    Raises:
        UnknownRelease: nothing was published yet.
    """
    newest = repository.release(session, repository.LATEST)
    accepted = session.exec(select(func.count()).select_from(Change).where(col(Change.proposal).is_not(None))).one()
    by_state = session.exec(select(Proposal.state, func.count()).group_by(col(Proposal.state))).all()
    return Gauges(
        seq=repository.last_seq(session),
        release=newest.id,
        release_seq=newest.seq,
        digest=newest.digest,
        accepted=accepted,
        proposals={workflow.IN_REVIEW: 0, **dict(by_state)},
    )
