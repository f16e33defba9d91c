"""Whether the stored data is what its log says: the hash chain, the replay, the index of nodes, the releases."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from sqlmodel import Session, col, func, select

from ..core.release import digest_of
from ..store.statement import Statement
from . import repository
from .chain import broken_links
from .models import Change, Entity, Proposal, Quad, Release, Touch

_SUBJECT = re.compile(r"^<([^>]*)>", re.MULTILINE)


def findings(session: Session, *, compiling: bool = False) -> list[str]:
    """Everything that does not follow from the log, one sentence each; empty for sound data.

    Args:
        session: one consistent view, read to its end.
        compiling: compile the statements of every release again as well, which takes seconds for each.
    """
    found = [
        f"change {seq} does not follow from the one before: the log was altered" for seq in broken_changes(session)
    ]
    held, touched, replayed = _replay(session)
    found += replayed
    found += _statements(session, held)
    found += _index(session, touched)
    found += _proposals(session)
    if compiling:
        found += _compiled(session)
    return found


def broken_changes(session: Session) -> list[int]:
    """The seqs of changes whose hash chain is broken, read a few at a time."""
    return broken_links(_changes(session))


def _changes(session: Session) -> Iterator[Change]:
    """The log by rising seq, a few at a time: an import is one change of many megabytes."""
    newest = session.exec(select(func.max(Change.seq))).one() or 0
    for start in range(0, newest + 1, 100):
        page = select(Change).where(col(Change.seq).between(start, start + 99)).order_by(col(Change.seq))
        yield from session.exec(page)
        session.expunge_all()


def _replay(session: Session) -> tuple[set[str], dict[int, set[str]], list[str]]:
    """The log from the first change on.

    Returns:
        The N-Quads lines that should hold at its end; seq -> IRIs the change says something of; what was wrong.
    """
    published = defaultdict(list)
    for id_, seq in session.exec(select(Release.id, Release.seq).order_by(col(Release.number))):
        published[seq].append(id_)
    held: set[str] = set()
    touched: dict[int, set[str]] = {}
    found: list[str] = []
    for change in _changes(session):
        added, removed = _lines(change.added), _lines(change.removed)
        if strange := removed - held:
            found.append(f"change {change.seq} removes what did not hold: {_some(strange)}")
        if twice := added & held - removed:
            found.append(f"change {change.seq} adds what held already: {_some(twice)}")
        held = (held - removed) | added
        touched[change.seq] = set(_SUBJECT.findall(change.added + change.removed))
        for id_ in published.pop(change.seq, ()):
            found += _release(session, id_, held)
    found += [f"release {id_} is of change {seq}, which is not there" for seq in published for id_ in published[seq]]
    return held, touched, found


def _lines(text: str) -> set[str]:
    return {line for line in text.split("\n") if line}  # splitlines would split literals at rarer characters


def _release(session: Session, id_: str, held: set[str]) -> Iterator[str]:
    digest, snapshot, nquads = session.exec(
        select(Release.digest, Release.snapshot, Release.nquads).where(Release.id == id_)
    ).one()
    if digest_of(snapshot) != digest:
        yield f"release {id_} has bytes of another digest than {digest}"
    if nquads != "".join(line + "\n" for line in sorted(held)).encode():
        yield f"release {id_} holds other statements than the log up to its change"


def _statements(session: Session, held: set[str]) -> Iterator[str]:
    stored: set[str] = set()
    for key, *terms in session.exec(select(Quad.key, Quad.subject, Quad.predicate, Quad.object)):
        statement = Statement(*terms)
        stored.add(statement.line)
        if key != repository.key_of(statement):
            yield f"a statement lies under a wrong key: {_some([statement.line])}"
    if missing := held - stored:
        yield f"the log leads to statements that do not hold: {_some(missing)}"
    if unexplained := stored - held:
        yield f"statements hold that the log does not lead to: {_some(unexplained)}"


def _index(session: Session, touched: Mapping[int, set[str]]) -> Iterator[str]:
    """A change may be about more nodes than it says something of, never about fewer."""
    listed: dict[int, set[str]] = defaultdict(set)
    last: dict[str, int] = {}
    for seq, iri in session.exec(select(Touch.seq, Touch.iri).order_by(col(Touch.seq))):
        listed[seq].add(iri)
        last[iri] = seq
    for seq, iris in touched.items():
        if unlisted := iris - listed[seq]:
            yield f"the index does not know that change {seq} touched {_some(unlisted)}"
    if unknown := listed.keys() - touched.keys():
        yield f"the index names changes that are not there: {_some(map(str, unknown))}"
    entities = dict(session.exec(select(Entity.iri, Entity.seq)).all())
    if differing := {iri for iri in {*entities, *last} if entities.get(iri) != last.get(iri)}:
        yield f"the last change of some nodes is not the one the log says: {_some(differing)}"


def _proposals(session: Session) -> Iterator[str]:
    """A proposal that became a change and the change know of each other."""
    said = {number: seq for number, seq in session.exec(select(Proposal.number, Proposal.change)) if seq is not None}
    made = {number: seq for number, seq in session.exec(select(Change.proposal, Change.seq)) if number is not None}
    for number in sorted(said.keys() | made.keys()):
        if said.get(number) != made.get(number):
            yield f"proposal {number} names change {said.get(number)}, the log names change {made.get(number)}"


def _compiled(session: Session) -> Iterator[str]:
    from rdflib import Graph

    from ..store.compile import compile_graph

    for id_ in session.exec(select(Release.id).order_by(col(Release.number))).all():
        row = select(Release.snapshot, Release.nquads).where(Release.id == id_)
        snapshot, nquads = session.exec(row).one()
        graph = Graph().parse(data=nquads, format="nt")  # the default graph only: each line is an N-Triples line
        if compile_graph(graph, Graph()).snapshot != snapshot:
            yield f"the statements of release {id_} compile to another snapshot with this program"


def _some(things: Iterable[str]) -> str:
    listed = sorted(things)
    more = f", and {len(listed) - 2} more" if len(listed) > 2 else ""
    return ", ".join(thing if len(thing) < 160 else thing[:160] + "…" for thing in listed[:2]) + more
