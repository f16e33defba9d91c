"""Every query of the service. Functions take a session; who calls them decides about the transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, inspect, or_, text
from sqlmodel import Session, col, select

from ..core.errors import UnknownChange, UnknownRelease
from ..store.statement import Statement
from .chain import broken_links, hash_of
from .models import Change, Entity, Quad, Release, Shapes, Table, Touch

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
    signed_by: str = ""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """An entry of the log without its statements."""

    seq: int
    at: str
    author: str
    message: str
    proposal: int | None
    hash: str


# SQLite takes some tens of thousands of parameters, PostgreSQL 65,535.
_MANY = 10_000
# What an integer column of PostgreSQL holds.
_LARGEST = (1 << 31) - 1

_HEADER = (Release.id, Release.seq, Release.digest, Release.at, Release.concepts, Release.notes, Release.signed_by)


# -- tables ------------------------------------------------------------------------------------------------------


def has_tables(session: Session) -> bool:
    return inspect(session.connection()).has_table(Release.__tablename__)  # type: ignore[arg-type]


# -- changes -----------------------------------------------------------------------------------------------------


def last_seq(session: Session) -> int:
    """The newest change, 0 for an empty log. A raw statement: it is asked on many requests."""
    return session.connection().execute(text("SELECT COALESCE(MAX(seq), 0) FROM change")).scalar_one()


def append_change(
    session: Session,
    *,
    at: str,
    author: str,
    message: str,
    added: Iterable[Statement],
    removed: Iterable[Statement] = (),
    touched: Iterable[str],
    proposal: int | None = None,
) -> Change:
    """Log an edit, and make its statements hold or cease to. Only inside `Database.writing`.

    Args:
        touched: IRIs of the nodes it is about.
    """
    newest = session.exec(select(Change.seq, Change.hash).order_by(col(Change.seq).desc()).limit(1)).first()
    coming, going = list(added), list(removed)
    change = Change(
        seq=newest[0] + 1 if newest else 1,
        at=at,
        author=author,
        message=message,
        proposal=proposal,
        added=lines_of(coming),
        removed=lines_of(going),
        previous=newest[1] if newest else "",
        hash="",
    )
    change.hash = hash_of(change)
    session.add(change)
    session.flush()
    for start in range(0, len(going), _MANY):
        keys = [key_of(each) for each in going[start : start + _MANY]]
        session.connection().execute(delete(Quad).where(col(Quad.key).in_(keys)))
    _insert(session, Quad, (_quad(statement) for statement in coming))
    nodes = sorted(set(touched))
    for start in range(0, len(nodes), _MANY):
        session.connection().execute(delete(Entity).where(col(Entity.iri).in_(nodes[start : start + _MANY])))
    _insert(session, Entity, ({"iri": iri, "seq": change.seq} for iri in nodes))
    _insert(session, Touch, ({"iri": iri, "seq": change.seq} for iri in nodes))
    return change


def lines_of(statements: Iterable[Statement]) -> str:
    """Canonical N-Quads: sorted lines."""
    return "".join(sorted(statement.line + "\n" for statement in statements))


def key_of(statement: Statement) -> str:
    return hashlib.sha256(statement.line.encode()).hexdigest()


def _quad(statement: Statement) -> dict[str, str]:
    return {
        "key": key_of(statement),
        "subject": statement.subject,
        "predicate": statement.predicate,
        "object": statement.object,
    }


def _insert(session: Session, table: type[Table], rows: Iterable[Mapping[str, Any]]) -> None:
    listed = list(rows)
    if listed:
        session.connection().execute(insert(table), listed)


def nodes(session: Session, iris: Iterable[str]) -> dict[str, frozenset[Statement]]:
    """The statements that hold now of some nodes, by IRI; an empty set where there are none."""
    found: dict[str, set[Statement]] = {iri: set() for iri in iris}
    asked = [f"<{iri}>" for iri in found]
    columns = (Quad.subject, Quad.predicate, Quad.object)
    for start in range(0, len(asked), _MANY):
        part = select(*columns).where(col(Quad.subject).in_(asked[start : start + _MANY]))
        for row in session.exec(part).all():
            found[row[0][1:-1]].add(Statement(*row))
    return {iri: frozenset(said) for iri, said in found.items()}


def touched_since(session: Session, seq: int) -> set[str]:
    """The nodes that changes after this one were about."""
    return set(session.exec(select(Touch.iri).where(col(Touch.seq) > seq)).all())


def change(session: Session, seq: int) -> Change:
    """
    Raises:
        UnknownChange: the log holds no such change.
    """
    found = session.get(Change, seq) if 0 < seq <= _LARGEST else None
    if found is None:
        raise UnknownChange(f"the log holds no change {seq}; GET /v1/changes lists those there are")
    return found


def changes(
    session: Session,
    *,
    node: str = "",
    author: str = "",
    since: str = "",
    until: str = "",
    before: int | None = None,
    limit: int = 100,
) -> list[ChangeRow]:
    """The log without its statements, the newest first.

    Args:
        node: only changes that were about this IRI.
        since, until: times as the tables write them, both included.
        before: only changes with a smaller seq, for paging.
    """
    columns = (Change.seq, Change.at, Change.author, Change.message, Change.proposal, Change.hash)
    query: Any = select(*columns)  # type: ignore[call-overload]
    if node:
        query = query.join(Touch, col(Touch.seq) == col(Change.seq)).where(Touch.iri == node)
    if author:
        query = query.where(Change.author == author)
    if since:
        query = query.where(Change.at >= since)
    if until:
        query = query.where(Change.at <= until)
    if before is not None:
        query = query.where(Change.seq < min(before, _LARGEST))
    return [ChangeRow(*row) for row in session.exec(query.order_by(col(Change.seq).desc()).limit(limit)).all()]


def head(session: Session) -> tuple[int, int]:
    """(newest change, newest release's number), 0 where there is none. A raw statement: asked many times a second."""
    query = "SELECT COALESCE((SELECT MAX(seq) FROM change), 0), COALESCE((SELECT MAX(number) FROM release), 0)"
    row = session.connection().execute(text(query)).one()
    return row[0], row[1]


def entity_seqs(session: Session, iris: Iterable[str] | None = None) -> dict[str, int]:
    """IRI -> the last change that touched it; of all nodes, or of some."""
    if iris is None:
        return dict(session.exec(select(Entity.iri, Entity.seq)).all())
    listed, found = sorted(iris), {}
    for start in range(0, len(listed), _MANY):
        part = select(Entity.iri, Entity.seq).where(col(Entity.iri).in_(listed[start : start + _MANY]))
        found.update(session.exec(part).all())
    return found


def seqs_at(session: Session, seq: int) -> dict[str, int]:
    """`entity_seqs` as they were after a change."""
    last = func.max(Touch.seq)
    return dict(session.exec(select(Touch.iri, last).where(col(Touch.seq) <= seq).group_by(col(Touch.iri))).all())


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


def release_before(session: Session, id_: str) -> str | None:
    """The id of the release published before this one."""
    number = select(Release.number).where(Release.id == id_).scalar_subquery()
    query = select(Release.id).where(col(Release.number) < number).order_by(col(Release.number).desc()).limit(1)
    return session.exec(query).first()


def has_release(session: Session, id_: str) -> bool:
    return session.exec(select(Release.id).where(Release.id == id_)).first() is not None


def nquads(session: Session, name: str) -> bytes:
    """The canonical N-Quads of a release.

    Raises:
        UnknownRelease: there is none.
    """
    payload = session.exec(_named(select(Release.nquads), name)).first()
    if payload is None:
        raise _unknown(name)
    return payload


def shapes(session: Session) -> bytes:
    """The SHACL shapes that edits are checked with, as N-Triples; empty where none were imported."""
    newest = session.exec(select(Shapes.ntriples).order_by(col(Shapes.at).desc(), col(Shapes.digest)).limit(1)).first()
    return (newest or "").encode()


def put_shapes(session: Session, ntriples: bytes, *, at: str) -> None:
    """Check edits with these shapes from now on."""
    digest = hashlib.sha256(ntriples).hexdigest()
    session.connection().execute(delete(Shapes))
    session.add(Shapes(digest=digest, at=at, ntriples=ntriples.decode()))


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
