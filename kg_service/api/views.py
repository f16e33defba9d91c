"""Every state that the API can answer from: the newest release, older ones, the draft, the draft with a proposal in it.

One object per worker. Readers take what is in memory; the newest release is looked for a few times a second, and at
once when a request says which change it must know of.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from functools import cached_property
from typing import TYPE_CHECKING

from sqlmodel import Session

from ..core.errors import SeqUnknown, UnknownRelease
from ..editorial import proposals, repository, workflow
from ..editorial.desk import Desk
from ..editorial.opening import Opened, concept_seqs, load_release
from ..editorial.publishing import DRAFT, PROPOSAL
from ..editorial.repository import LATEST, ReleaseRow
from ..editorial.working import Head, Working
from .reading import Reading

if TYPE_CHECKING:
    from rdflib import Graph

# Besides the newest release. Each takes some tens of megabytes.
_KEPT = 4


class Views:
    """Safe to share between threads.

    Args:
        opened: the data, with the newest release in memory.
    """

    def __init__(self, opened: Opened) -> None:
        self.database = opened.database
        self.newest = Reading(opened.knowledge, opened.release, concept_seqs=opened.concept_seqs)
        self._head = Head((opened.knowledge, opened.release.seq))
        self.desk = Desk(opened.database, self._head, lambda: self._shapes)
        self._seq = opened.seq
        self._number = opened.number
        self._kept: OrderedDict[tuple[str, int], Reading] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def seq(self) -> int:
        """The newest change this worker knows of (`KG-Seq`)."""
        return max(self._seq, self._head.seq)

    @cached_property
    def _shapes(self) -> Graph:
        from ..store.turtle import read_nquads

        return read_nquads(self.shapes())

    def shapes(self) -> bytes:
        """The SHACL shapes as N-Triples."""
        with self.database.reading() as session:
            return repository.shapes(session)

    # -- keeping up ----------------------------------------------------------------------------------------------

    def refresh(self, at_least: int = 0) -> None:
        """Look for what other workers have stored.

        Args:
            at_least: the change that the asker knows of.

        Raises:
            SeqUnknown: the log does not hold that change.
            StorageUnavailable: the database cannot answer now; what is in memory stays.
        """
        with self.database.reading() as session:
            seq, number = repository.head(session)
            if number > self._number:
                with self._lock:
                    if number > self._number:
                        row = repository.release(session, LATEST)
                        self.newest = self._load(session, row)
                        self._number = number
        with self._lock:  # two threads must not set it back
            self._seq = max(self._seq, seq)
        if seq < at_least:
            raise SeqUnknown(f"KG-Min-Seq asks for change {at_least}, but the log ends with {seq}")

    # -- looking -------------------------------------------------------------------------------------------------

    def at(self, name: str) -> Reading:
        """The state of a name: `latest`, a release's id or digest, `draft`, or `proposal-N`.

        Raises:
            UnknownRelease: there is no such release.
            UnknownProposal, ProposalClosed, EditConflict, KnowledgeInvalid: the proposal cannot be looked at.
        """
        newest = self.newest
        if name in (LATEST, newest.release.id, newest.release.digest):
            return newest
        if name == DRAFT:
            return self._of_draft(DRAFT, self.desk.draft())
        if name.startswith(PROPOSAL):
            number = name.removeprefix(PROPOSAL)
            if not re.fullmatch(r"[0-9]{1,18}", number):
                raise UnknownRelease(f"{name!r} names no proposal; write {PROPOSAL}7 for proposal 7")
            return self._of_proposal(name, int(number))
        return self._of_release(name)

    def _of_proposal(self, name: str, number: int) -> Reading:
        with self.database.reading() as session:
            workflow.expect_open(proposals.get(session, number))
            seq = repository.last_seq(session)
        # An open proposal on the same draft is what it was; working it out anew takes the shapes.
        return self._recall((name, seq)) or self._of_draft(name, self.desk.proposed(number)[1])

    def _of_release(self, name: str) -> Reading:
        with self.database.reading() as session:
            row = repository.release(session, name)
            kept = self._recall((row.id, row.seq))
            return kept or self._keep((row.id, row.seq), self._load(session, row))

    def _of_draft(self, name: str, working: Working) -> Reading:
        kept = self._recall((name, working.seq))
        if kept is not None and kept.knowledge is working.knowledge:
            return kept
        row = ReleaseRow(name, working.seq, f"{name}:{working.seq}", "", len(working.knowledge.concepts), "")
        return self._keep((name, working.seq), Reading(working.knowledge, row, concept_seqs=concept_seqs(working.seqs)))

    def _load(self, session: Session, row: ReleaseRow) -> Reading:
        knowledge, seqs = load_release(session, row)
        return Reading(knowledge, row, concept_seqs=seqs)

    def _recall(self, key: tuple[str, int]) -> Reading | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def _keep(self, key: tuple[str, int], reading: Reading) -> Reading:
        with self._lock:
            self._kept[key] = reading
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return reading
