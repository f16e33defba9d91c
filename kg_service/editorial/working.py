"""The draft: what all accepted changes say so far, in memory, and how a process catches up with the others' edits."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlmodel import Session

from ..core.content import Content
from ..core.knowledge import Knowledge
from ..core.release import load_snapshot
from . import repository


@dataclass(frozen=True, slots=True)
class Working:
    """The knowledge as of one change, validated.

    `seqs` maps an item's IRI to the last change that touched it.
    """

    seq: int
    content: Content
    knowledge: Knowledge
    seqs: Mapping[str, int]

    def seq_of(self, iri: str) -> int:
        """The last change that touched an item, 0 for one that never was."""
        return self.seqs.get(iri, 0)


class Head:
    """The newest draft that this process knows of. Safe to share between threads.

    Args:
        released: a release of the database that lies in memory already, and the change it holds.
    """

    def __init__(self, released: tuple[Knowledge, int] | None = None) -> None:
        self._released = released
        self._working: Working | None = None
        self._lock = threading.Lock()

    @property
    def seq(self) -> int:
        """The last change of the draft in memory, 0 where there is none yet."""
        return self._working.seq if self._working else 0

    def at(self, session: Session) -> Working:
        """The draft with every change that the session sees."""
        with self._lock:
            working = self._working or self._begin(session)
            seq = repository.last_seq(session)
            if working.seq < seq:
                working = _caught_up(session, working, seq)
            self._working = working
            return working

    def install(self, working: Working) -> None:
        """Take over a draft whose last change has just been committed."""
        with self._lock:
            if self._working is None or self._working.seq < working.seq:
                self._working = working

    def _begin(self, session: Session) -> Working:
        if self._released is None:
            newest = repository.release(session, repository.LATEST)
            self._released = load_snapshot(repository.snapshot(session, newest.id)), newest.seq
        knowledge, seq = self._released
        seqs = {iri: at for iri, at in repository.entity_seqs(session).items() if at <= seq}
        return Working(seq, Content.of(knowledge), knowledge, seqs)


def _caught_up(session: Session, working: Working, seq: int) -> Working:
    touched = repository.touched_since(session, working.seq)
    after = with_nodes(working, repository.nodes(session, touched))
    return replace(after, seq=seq, seqs={**working.seqs, **repository.entity_seqs(session, touched)})


def with_nodes(working: Working, nodes: Mapping[str, frozenset]) -> Working:
    """The draft in which these nodes say what their statements say. An empty set takes a node away.

    Raises:
        KnowledgeInvalid: the whole would contradict itself, or a statement has no place in the vocabulary.
    """
    content = content_with(working.content, nodes)
    return replace(working, content=content, knowledge=content.knowledge(working.knowledge))


def content_with(old: Content, nodes: Mapping[str, frozenset]) -> Content:
    """Some content in which these nodes say what their statements say; the whole is not checked.

    Raises:
        KnowledgeInvalid: a statement has no place in the vocabulary.
    """
    from ..store.nodes import items_named, read_nodes  # RDF libraries: not for a service that only reads

    said = read_nodes(nodes)
    gone = items_named(nodes, old)
    return Content(
        _with(old.concepts, gone.concepts, said.concepts),
        _with(old.features, gone.features, said.features),
        _with(old.differentials, gone.differentials, said.differentials),
        _with(old.crosswalk, gone.crosswalk, said.crosswalk),
        _with(old.retired, gone.concepts, said.retired),
    )


def _with(old: Mapping, gone: frozenset, new: Mapping) -> Mapping:
    kept = {key: value for key, value in old.items() if key not in gone} if gone else old
    return {**kept, **new} if new else kept
