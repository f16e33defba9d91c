"""What the draft was like around a change of the log, who made it, and what changes and proposals are about."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlmodel import Session, col, select

from ..core.content import Content
from ..core.errors import EditConflict
from ..core.facets import overwritten
from ..store.statement import BASE, Statement, parse_lines
from . import proposals, repository
from .models import Change, Proposal, Touch
from .repository import ReleaseRow
from .working import Working, content_with


def around(
    session: Session, draft: Working, entry: Change, only: Collection[str] | None = None
) -> tuple[Content, Content]:
    """The draft's content with what a change was about put back as it was before and after the change.

    What the change was not about is as it stands now. Time grows with the changes that edited the same items since.

    Args:
        only: put back only these nodes of those that it was about; None for all.
    """
    iris = session.exec(select(Touch.iri).where(Touch.seq == entry.seq)).all()
    iris = [iri for iri in iris if iri in only] if only is not None else iris
    after = {iri: set(said) for iri, said in repository.nodes(session, iris).items()}
    for later in _later(session, entry.seq, iris):
        _undo(after, later)
    before = {iri: set(said) for iri, said in after.items()}
    _undo(before, entry)
    return content_with(draft.content, _frozen(before)), content_with(draft.content, _frozen(after))


def _later(session: Session, seq: int, iris: Collection[str]) -> list[Change]:
    """The changes after one that were about some of these nodes, the newest first."""
    shared = select(Touch.iri).where(Touch.seq == seq)
    seqs = select(Touch.seq).where(col(Touch.seq) > seq, col(Touch.iri).in_(shared)).distinct()
    found = session.exec(select(Change).where(col(Change.seq).in_(seqs)).order_by(col(Change.seq).desc())).all()
    return list(found) if iris else []


def _undo(nodes: Mapping[str, set[Statement]], entry: Change) -> None:
    for statement in parse_lines(entry.added):
        if (said := nodes.get(statement.subject[1:-1])) is not None:
            said.discard(statement)
    for statement in parse_lines(entry.removed):
        if (said := nodes.get(statement.subject[1:-1])) is not None:
            said.add(statement)


def _frozen(nodes: Mapping[str, set[Statement]]) -> dict[str, frozenset[Statement]]:
    return {iri: frozenset(said) for iri, said in nodes.items()}


def touched(session: Session, seqs: Collection[int], *, base: str, most: int) -> dict[int, list[str]]:
    """By change, the nodes whose IRI begins with `base` that it was about, as the rest of the IRI; the first `most`.

    Args:
        seqs: of changes, none of them an import, which is about everything.
    """
    rows = session.exec(
        select(Touch.seq, Touch.iri)
        .where(col(Touch.seq).in_(seqs), col(Touch.iri).startswith(base))
        .order_by(Touch.iri)
    )
    found: dict[int, list[str]] = {}
    for seq, iri in rows:
        listed = found.setdefault(seq, [])
        if len(listed) < most:
            listed.append(iri.removeprefix(base))
    return found


def concepts_of(session: Session, proposal: Proposal, content: Content) -> frozenset[str]:
    """The concepts that a proposal is about. A differential is about both its ends."""
    if proposal.reverts is not None:
        touched = session.exec(select(Touch.iri).where(Touch.seq == proposal.reverts)).all()
        items = [iri.removeprefix(BASE).partition("/") for iri in touched]
        named = [(kind, id_) for kind, _, id_ in items]
    else:
        try:
            named = [(facet.kind, facet.id) for facet in overwritten(proposals.changes_of(proposal), content)]
        except EditConflict:  # an older program wrote it; who opens it is told so
            named = []
    found: set[str] = set()
    for kind, id_ in named:
        if kind == "concept":
            found.add(id_)
        elif kind == "differential":
            a, _, b = id_.partition("--")
            found |= {a, b}
    return frozenset(found)


def authors(session: Session) -> Sequence[str]:
    """Everybody who ever changed something, sorted."""
    return sorted(session.exec(select(Change.author).distinct()).all())


def release_of(seq: int, releases: Sequence[ReleaseRow]) -> ReleaseRow | None:
    """The release that first held a change, None where it waits for the next.

    Args:
        releases: all there are, the newest first.
    """
    found = None
    for release in releases:
        if release.seq < seq:
            break
        found = release
    return found
