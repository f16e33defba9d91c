"""Statements for those who keep a copy: of what holds now, and what changed since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from . import repository
from .models import Change


@dataclass(frozen=True, slots=True)
class Delta:
    """One change as N-Triples lines. `hash` is its place in the chain, which no other log has."""

    seq: int
    hash: str
    removed: tuple[str, ...]
    added: tuple[str, ...]


def whole_draft(session: Session) -> tuple[int, list[str]]:
    """(seq of the last change, N-Triples lines of all that holds then, sorted), as one session of `Database.reading`
    sees them."""
    return repository.last_seq(session), repository.current_lines(session)


def hash_at(session: Session, seq: int) -> str | None:
    """The hash of a change, None where the log has no such change."""
    return session.exec(select(Change.hash).where(Change.seq == seq)).first()


def after(session: Session, seq: int, *, most: int | None = None) -> Iterator[Delta]:
    """The changes after one, in order."""
    query = select(Change.seq, Change.hash, Change.removed, Change.added).where(col(Change.seq) > seq)
    for row in session.exec(query.order_by(col(Change.seq)).limit(most)):
        yield Delta(row[0], row[1], tuple(lines_in(row[2])), tuple(lines_in(row[3])))


def lines_in(nquads: str) -> list[str]:
    """The lines of canonical N-Quads. Not `splitlines`: a text may hold U+2028 and the like as they are."""
    return nquads.removesuffix("\n").split("\n") if nquads else []


def weight_after(session: Session, seq: int, *, most: int) -> int:
    """How many characters of statements the changes after one carry, counted up to the `most`-th change."""
    sizes = select((func.length(Change.added) + func.length(Change.removed)).label("size"))
    counted = sizes.where(col(Change.seq) > seq).order_by(col(Change.seq)).limit(most).subquery()
    return session.exec(select(func.coalesce(func.sum(counted.c.size), 0))).one()


def net(deltas: Iterable[Delta]) -> tuple[list[str], list[str]]:
    """(removed, added) lines of several changes as one. True of any state between the first and the last of them."""
    holds: dict[str, bool] = {}
    for delta in deltas:
        holds.update((line, False) for line in delta.removed)
        holds.update((line, True) for line in delta.added)
    return [line for line, stays in holds.items() if not stays], [line for line, stays in holds.items() if stays]
