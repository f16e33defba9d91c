"""From whatever the server holds to what the database says, in steps that may be repeated and broken off anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from sqlmodel import Session

from .. import deltas, repository
from ..database import Database
from ..deltas import Delta
from ..repository import ReleaseRow
from .server import DRAFT, RELEASES, Mark, Server, copy, delete, drop, insert, mark, unmark

# Statements in one request of a filling.
BATCH = 5_000
# With more to tell than this, in characters or in changes, the draft is filled anew.
_MUCH = 8 << 20
_MANY = 5_000


@dataclass(frozen=True, slots=True)
class Fed:
    """What the server holds now: the draft up to a change, and so many releases."""

    seq: int
    releases: int


def catch_up(database: Database, server: Server, *, go_on: Callable[[], bool] = lambda: True) -> Fed | None:
    """Bring the server up to date. Only one process may do this at a time (see `lease`).

    Args:
        go_on: asked between two requests.

    Returns:
        What the server holds; None where it was told to stop.

    Raises:
        FeedUnavailable: the server fails. What it was told so far stands, and the next call goes on from there.
    """
    held = server.marks()
    with database.reading() as session:
        releases = repository.releases(session)
        gap = _gap(session, held.get(DRAFT))
    if gap is None:
        seq = _fill_draft(database, server, go_on)
    else:
        seq = _tell(server, gap, releases, held, go_on)
    if seq is None:
        return None
    for release in releases:
        if not go_on():
            return None
        _complete(database, server, release, seq, held)
    for graph in held.keys() - {DRAFT} - {RELEASES + release.id for release in releases}:
        server.update(drop(graph), unmark(graph))
    return Fed(seq, len(releases))


def _gap(session: Session, held: Mark | None) -> tuple[int, list[Delta]] | None:
    """(what the draft over there holds, the changes it lacks); None where it must be filled anew."""
    # A mark with another hash is of another database, or of changes that a restored backup does not know.
    if held is None or deltas.hash_at(session, held.seq) != held.hash:
        return None
    if deltas.weight_after(session, held.seq, most=_MANY) > _MUCH:
        return None
    missing = list(deltas.after(session, held.seq, most=_MANY))
    return None if len(missing) == _MANY else (held.seq, missing)


def _tell(
    server: Server,
    gap: tuple[int, list[Delta]],
    releases: list[ReleaseRow],
    held: dict[str, Mark],
    go_on: Callable[[], bool],
) -> int | None:
    """Change by change; a release that ends with one is copied in the same request."""
    seq, missing = gap
    for change in missing:
        if not go_on():
            return None
        finished = [release for release in releases if release.seq == change.seq]
        operations = [
            *([delete(DRAFT, change.removed)] if change.removed else []),
            *([insert(DRAFT, change.added)] if change.added else []),
        ]
        for release in finished:
            operations += _copied(release)
            held[RELEASES + release.id] = _mark_of(release)
        server.update(*operations, mark(DRAFT, Mark(change.seq, change.hash)))
        seq = change.seq
    return seq


def _complete(database: Database, server: Server, release: ReleaseRow, seq: int, held: dict[str, Mark]) -> None:
    graph = RELEASES + release.id
    if held.get(graph) == _mark_of(release):
        return
    if release.seq == seq:
        server.update(*_copied(release))
    else:
        with database.reading() as session:
            lines = deltas.lines_in(repository.nquads(session, release.id).decode())
        _fill(server, graph, lines, _mark_of(release))


def _copied(release: ReleaseRow) -> list[str]:
    graph = RELEASES + release.id
    return [copy(DRAFT, graph), mark(graph, _mark_of(release))]


def _mark_of(release: ReleaseRow) -> Mark:
    return Mark(release.seq, release.digest)


def _fill_draft(database: Database, server: Server, go_on: Callable[[], bool]) -> int | None:
    with database.reading() as session:
        seq, lines = deltas.whole_draft(session)
        hash_ = deltas.hash_at(session, seq) or ""
    return seq if _fill(server, DRAFT, lines, Mark(seq, hash_), go_on) else None


def _fill(
    server: Server, graph: str, lines: Iterable[str], now: Mark, go_on: Callable[[], bool] = lambda: True
) -> bool:
    """All statements of a graph, in batches. It has no mark until the last is there, so a half is begun again."""
    server.update(unmark(graph), drop(graph))
    left = iter(lines)
    while batch := list(islice(left, BATCH)):
        if not go_on():
            return False
        server.update(insert(graph, batch))
    server.update(mark(graph, now))
    return True
