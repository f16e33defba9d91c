"""Every query of the service. Functions take a session; who calls them decides about the transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, inspect, or_, text
from sqlmodel import Session, col, select

from ..core.errors import UnknownRelease
from ..store.statement import Statement
from .chain import broken_links, hash_of
from .models import Account, Change, Entity, Quad, Release, Table, Token

LATEST = "latest"


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A release without its bytes."""

    id: str
    seq: int
    digest: str
    at: str
    concepts: int
    notes: str


_HEADER = (Release.id, Release.seq, Release.digest, Release.at, Release.concepts, Release.notes)


# -- tables ------------------------------------------------------------------------------------------------------


def has_tables(session: Session) -> bool:
    return inspect(session.connection()).has_table(Release.__tablename__)  # type: ignore[arg-type]


def create_tables(session: Session) -> None:
    """Inside the caller's transaction, so that a killed process leaves no half of them."""
    Table.metadata.create_all(session.connection())


# -- changes -----------------------------------------------------------------------------------------------------


def last_seq(session: Session) -> int:
    """The newest change, 0 for an empty log. A raw statement: it is asked on many requests."""
    return session.connection().execute(text("SELECT COALESCE(MAX(seq), 0) FROM change")).scalar_one()


def append_change(
    session: Session, *, at: str, author: str, message: str, added: Sequence[Statement], touched: Iterable[str]
) -> Change:
    """Log an edit that only adds, and make its statements hold.

    Args:
        touched: IRIs of the nodes it is about.
    """
    newest = session.exec(select(Change).order_by(col(Change.seq).desc()).limit(1)).first()
    lines = "".join(statement.line + "\n" for statement in sorted(added, key=lambda statement: statement.line))
    change = Change(
        seq=newest.seq + 1 if newest else 1,
        at=at,
        author=author,
        message=message,
        added=lines,
        previous=newest.hash if newest else "",
        hash="",
    )
    change.hash = hash_of(change)
    session.add(change)
    session.flush()
    _insert(session, Quad, (_quad(statement) for statement in added))
    _insert(session, Entity, ({"iri": iri, "seq": change.seq} for iri in sorted(set(touched))))
    return change


def _quad(statement: Statement) -> dict[str, str]:
    return {
        "key": hashlib.sha256(statement.line.encode()).hexdigest(),
        "subject": statement.subject,
        "predicate": statement.predicate,
        "object": statement.object,
    }


def _insert(session: Session, table: type[Table], rows: Iterable[Mapping[str, Any]]) -> None:
    listed = list(rows)
    if listed:
        session.connection().execute(insert(table), listed)


def entity_seqs(session: Session) -> dict[str, int]:
    """IRI -> the last change that touched it."""
    return dict(session.exec(select(Entity.iri, Entity.seq)).all())


def tampered_changes(session: Session) -> list[int]:
    """The seqs of log rows whose hash chain is broken."""
    return broken_links(session.exec(select(Change).order_by(col(Change.seq))).all())


def current_lines(session: Session) -> list[str]:
    """The statements that hold now as sorted N-Quads lines."""
    rows = session.exec(select(Quad.subject, Quad.predicate, Quad.object)).all()
    return sorted(Statement(*row).line for row in rows)


# -- releases ----------------------------------------------------------------------------------------------------


def add_release(session: Session, release: Release) -> None:
    session.add(release)
    session.flush()


def next_number(session: Session) -> int:
    return (session.exec(select(func.max(Release.number))).one() or 0) + 1


def releases(session: Session) -> list[ReleaseRow]:
    """All releases, the newest first, without their bytes."""
    rows = session.exec(select(*_HEADER).order_by(col(Release.number).desc())).all()  # type: ignore[call-overload]
    return [ReleaseRow(*row) for row in rows]


def release(session: Session, name: str) -> ReleaseRow:
    """One release by id, by digest, or the newest one as `latest`.

    Raises:
        UnknownRelease: there is none.
    """
    row = session.exec(_named(select(*_HEADER), name)).first()  # type: ignore[call-overload]
    if row is None:
        raise _unknown(name)
    return ReleaseRow(*row)


def snapshot(session: Session, name: str) -> bytes:
    """The snapshot bytes of a release.

    Raises:
        UnknownRelease: there is none.
    """
    payload = session.exec(_named(select(Release.snapshot), name)).first()
    if payload is None:
        raise _unknown(name)
    return payload


def _named(query: Any, name: str) -> Any:
    if name != LATEST:
        query = query.where(or_(col(Release.id) == name, col(Release.digest) == name))
    return query.order_by(col(Release.number).desc()).limit(1)


def _unknown(name: str) -> UnknownRelease:
    return UnknownRelease(f"there is no release {name!r}; GET /v1/releases lists those there are")


# -- accounts and tokens -----------------------------------------------------------------------------------------


def account(session: Session, name: str) -> Account | None:
    return session.exec(select(Account).where(Account.name == name)).first()


def add_account(session: Session, account: Account) -> Account:
    session.add(account)
    session.flush()
    return account


def add_token(session: Session, token: Token) -> None:
    session.add(token)
    session.flush()


def token(session: Session, hash_: str) -> Token | None:
    return session.get(Token, hash_)


def has_token(session: Session, *, now: str) -> bool:
    """Whether anybody could sign in: a token that is neither revoked nor expired, of an account in use."""
    query = (
        select(Token.hash)
        .join(Account, col(Account.id) == col(Token.account))
        .where(col(Token.revoked).is_(None), or_(col(Token.expires).is_(None), col(Token.expires) > now))
        .where(col(Account.disabled).is_(False))
        .limit(1)
    )
    return session.exec(query).first() is not None
