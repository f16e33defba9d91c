"""One edit worked out against the draft: the statements that come and go, and the draft after it, checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel import Session

from ..core.change import Change, apply_all
from ..core.errors import EditConflict, KnowledgeInvalid, NothingChanged
from ..store.statement import Statement, parse_lines
from . import repository
from .models import Change as LogEntry
from .working import Working, with_nodes

if TYPE_CHECKING:
    from rdflib import Graph


@dataclass(frozen=True, slots=True)
class Edit:
    """`after` is the draft with the edit in it; its `seq` is still that of the draft before."""

    after: Working
    added: tuple[Statement, ...]
    removed: tuple[Statement, ...]
    touched: tuple[str, ...]


def edit_of(session: Session, working: Working, changes: Iterable[Change], shapes: Graph) -> Edit:
    """What some changes do to the draft.

    Raises:
        UnknownConcept: a change is about a concept that is not there.
        KnowledgeInvalid, CycleFound: the draft would contradict itself or the shapes.
        NothingChanged: everything would be as it is.
    """
    from ..store.nodes import edited, items_between

    content = apply_all(changes, working.content)
    items = items_between(working.content, content)
    before = repository.nodes(session, items.iris())
    return _checked(working, before, edited(content, items, before), shapes)


def inverse_of(session: Session, working: Working, change: LogEntry, shapes: Graph) -> Edit:
    """What takes a change back: its statements swapped.

    Raises:
        EditConflict: what it did has been edited since.
        KnowledgeInvalid, NothingChanged: as `edit_of`.
    """
    added, removed = parse_lines(change.added), parse_lines(change.removed)
    before = repository.nodes(session, {statement.subject[1:-1] for statement in (*added, *removed)})
    gone = frozenset(added)
    standing = {statement for said in before.values() for statement in said}
    lost = {s.subject[1:-1] for s in added if s not in standing} | {s.subject[1:-1] for s in removed if s in standing}
    if lost:
        raise EditConflict(
            f"change {change.seq} cannot be taken back as it is: what it did has been edited since. Edit it anew:",
            tuple(f"{iri.rpartition('/')[2]} was edited by change {working.seq_of(iri)}" for iri in sorted(lost)),
        )
    back: dict[str, set[Statement]] = {iri: set() for iri in before}
    for statement in removed:
        back[statement.subject[1:-1]].add(statement)
    after = {iri: (said - gone) | back[iri] for iri, said in before.items()}
    return _checked(working, before, after, shapes)


def _checked(
    working: Working,
    before: Mapping[str, frozenset[Statement]],
    after: Mapping[str, frozenset[Statement]],
    shapes: Graph,
) -> Edit:
    from ..store.neighbourhood import findings_near
    from ..store.nodes import items_between

    nodes = {iri: said for iri, said in after.items() if said != before[iri]}
    if not nodes:
        raise NothingChanged("after these changes everything would be as it is now; nothing was stored")
    draft = with_nodes(working, nodes)
    items = items_between(working.content, draft.content)
    if findings := findings_near(draft.content, items, nodes, shapes):
        raise KnowledgeInvalid("the edit breaks the rules of the ontology:", findings)
    return Edit(
        draft,
        tuple(statement for iri, said in nodes.items() for statement in said - before[iri]),
        tuple(statement for iri, said in nodes.items() for statement in before[iri] - said),
        tuple(nodes),
    )
