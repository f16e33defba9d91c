"""Publishing: the draft, validated as a whole and compiled, becomes a release that never changes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from ..core.errors import Forbidden, NothingChanged, ReleaseExists, RequestInvalid, Stale
from . import repository
from .actor import Actor
from .database import Database
from .models import Release
from .repository import LATEST, ReleaseRow
from .times import timestamp

if TYPE_CHECKING:
    from ..store.compile import Compiled

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
DRAFT, PROPOSAL = "draft", "proposal-"

# The shapes take seconds over a graph of this many statements: then in a process of its own, so that readers need not
# share Python's lock with it.
_LARGE = 20_000


def publish(
    database: Database,
    who: Actor,
    shapes: Callable[[], bytes],
    *,
    name: str = "",
    notes: str = "",
    seen: int | None = None,
    now: datetime,
) -> ReleaseRow:
    """Sign the draft off as a release.

    Editing goes on meanwhile: the release holds the changes there were when publishing began.

    Args:
        shapes: gives the SHACL shapes as N-Triples.
        name: its id; its number where none is given.
        notes: what its readers should know.
        seen: the last change that the actor has looked at; without it, they have seen all.

    Raises:
        Forbidden: the actor is no reviewer.
        Stale: more was accepted since `seen`.
        RequestInvalid: the name cannot be one.
        ReleaseExists: there is one of this name.
        NothingChanged: nothing was accepted since the last release.
        KnowledgeInvalid: the whole does not pass the shapes or the core.
    """
    if not who.may("reviewer"):
        raise Forbidden("publishing a release takes the role reviewer")
    taken = name in (LATEST, DRAFT) or name.startswith(PROPOSAL) or name.isdecimal()
    if name and (taken or not _NAME.fullmatch(name)):
        raise RequestInvalid(
            "name: a release is called by letters, digits, dots, hyphens and underscores, at most 64; "
            f"{LATEST}, {DRAFT}, {PROPOSAL}… and plain numbers have a meaning of their own"
        )
    with database.reading() as session:
        _expect_free(session, name)
        seq = repository.last_seq(session)
        _expect_news(session, seq)
        if seen is not None and seen < seq:
            raise Stale(f"since change {seen}, which you have looked at, others have made changes; look at them first")
        payload = "".join(line + "\n" for line in repository.current_lines(session)).encode()
    made = _compiled(payload, shapes())
    with database.writing() as session:
        number = repository.next_number(session)
        _expect_free(session, name or str(number))
        _expect_news(session, seq)
        repository.add_release(
            session,
            Release(
                id=name or str(number),
                number=number,
                seq=seq,
                digest=made.digest,
                at=timestamp(now),
                notes=notes,
                signed_by=who.name,
                concepts=made.concepts,
                snapshot=made.snapshot,
                nquads=made.nquads,
            ),
        )
        return repository.release(session, name or str(number))


def _expect_free(session, name: str) -> None:
    if name and repository.has_release(session, name):
        raise ReleaseExists(f"there is a release {name!r} already; releases never alter, so choose another name")


def _expect_news(session, seq: int) -> None:
    newest = repository.release(session, LATEST)
    if newest.seq >= seq:
        raise NothingChanged(f"release {newest.id} holds everything up to change {newest.seq}; there is nothing new")


def _compiled(payload: bytes, shapes: bytes) -> Compiled:
    from ..store.compile import compile_nquads

    if payload.count(b"\n") < _LARGE:
        return compile_nquads(payload, shapes)
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as apart:
        return apart.submit(compile_nquads, payload, shapes).result()
