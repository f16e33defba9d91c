"""The use-cases of editing: propose, review, withdraw, revert, comment. One transaction each; refused is not stored."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError
from sqlmodel import Session

from ..core.change import Change, all_light, apply_all
from ..core.errors import EditConflict, NothingChanged, RequestInvalid, Stale
from ..core.facets import overwritten
from ..wire.changes import write_changes
from . import proposals, repository, workflow
from .actor import Actor
from .database import Database
from .edit import Edit, edit_of, inverse_of
from .models import Change as LogEntry
from .models import Comment, Proposal, Review
from .times import timestamp
from .working import Head, Working

if TYPE_CHECKING:
    from rdflib import Graph

Verdict = Literal["accept", "decline"]

# Checking more changes than this takes so long that other writers should not have to wait for it.
_MANY = 200


class Desk:
    """Safe to share between threads.

    Args:
        database: where everything lies.
        head: the draft in memory.
        shapes: gives the SHACL shapes that every edit is checked with.
    """

    def __init__(self, database: Database, head: Head, shapes: Callable[[], Graph]) -> None:
        self.database = database
        self._head = head
        self._shapes = shapes
        self._checked: tuple[int, Edit] | None = None  # the last large proposal's, for when it is looked at or accepted
        self._working = threading.Lock()

    # -- looking -------------------------------------------------------------------------------------------------

    def draft(self) -> Working:
        """All accepted changes so far."""
        with self.database.reading() as session:
            return self._head.at(session)

    def preview(self, changes: Sequence[Change], draft: Working | None = None) -> Working:
        """A draft (the newest, where none is given) with some changes made, checked by the core alone.

        Raises:
            UnknownConcept, KnowledgeInvalid, CycleFound: they cannot be made.
        """
        draft = draft or self.draft()
        content = apply_all(changes, draft.content)
        return replace(draft, content=content, knowledge=content.knowledge(draft.knowledge))

    def proposed(self, number: int) -> tuple[Working, Working]:
        """The draft without and with a proposal, as accepting it now would make it.

        Raises:
            UnknownProposal: there is none of this number.
            ProposalClosed: it was decided already.
            EditConflict, KnowledgeInvalid, NothingChanged: accepting it would be refused.
        """
        with self.database.reading() as session:
            # Before anything else is read: the draft must not be newer than what the session sees.
            draft = self._head.at(session)
            proposal = proposals.get(session, number)
            workflow.expect_open(proposal)
            return draft, self._worked_out(session, draft, proposal).after

    def taken_back(self, seq: int) -> tuple[Working, Working]:
        """The draft as it is and without a change, as accepting its inverse now would make it.

        Raises:
            UnknownChange, RequestInvalid, EditConflict, NothingChanged, KnowledgeInvalid: as `revert`.
        """
        with self.database.reading() as session:
            draft = self._head.at(session)  # first, as in `proposed`
            return draft, inverse_of(session, draft, _edit_of_a_person(session, seq), self._shapes()).after

    # -- proposing -----------------------------------------------------------------------------------------------

    def propose(
        self, who: Actor, changes: Sequence[Change], *, message: str, base: int | None = None, now: datetime
    ) -> Proposal:
        """Put changes up for review; light ones of a trusted actor are made at once.

        Args:
            base: the last change (`KG-Seq`) that the author knew of; without it, they know all.

        Returns:
            The proposal, in review or accepted.

        Raises:
            Forbidden: the actor is no editor.
            RequestInvalid: a change holds what no proposal may.
            Stale: something the changes are about was edited after `base`.
            NothingChanged, UnknownConcept, KnowledgeInvalid, CycleFound: the changes cannot be made.
        """
        workflow.expect_editor(who)
        if not changes:
            raise NothingChanged("the proposal holds no change")
        stored = _written(changes)
        with self.database.reading() as session:
            draft = self._head.at(session)
            light = all_light(changes, draft.content, draft.knowledge)
            if base is not None:
                _expect_current(changes, draft, base)
            ready = None
            if len(changes) > _MANY or not workflow.goes_straight_through(who, light=light):
                ready = edit_of(session, draft, changes, self._shapes())  # else it is checked as it is made
        proposal = Proposal(
            number=0,
            author=who.name,
            at=timestamp(now),
            message=message,
            base=draft.seq,
            changes=stored,
            expects=json.dumps({str(facet): seen for facet, seen in overwritten(changes, draft.content).items()}),
            light=light,
            state=workflow.IN_REVIEW,
        )
        made = self._submit(who, proposal, now, ready)
        if ready is not None and len(changes) > _MANY and made.change is None:
            self._checked = made.number, ready
        return made

    def revert(self, who: Actor, seq: int, *, message: str, now: datetime) -> Proposal:
        """Propose the inverse of a change; history is never rewritten.

        Raises:
            UnknownChange: the log holds no such change.
            RequestInvalid: it is the first import.
            EditConflict, NothingChanged, KnowledgeInvalid: it cannot be taken back as it is.
        """
        workflow.expect_editor(who)
        with self.database.reading() as session:
            draft = self._head.at(session)
            change = _edit_of_a_person(session, seq)
            assert change.proposal is not None
            original = proposals.get(session, change.proposal)
            # What one person may make alone, that person may take back alone; what two agreed on takes two.
            alone = proposals.review(session, original.number) is None and original.author == who.name
            inverse_of(session, draft, change, self._shapes())
        proposal = Proposal(
            number=0,
            author=who.name,
            at=timestamp(now),
            message=message or f"take back change {seq}: {change.message}",
            base=draft.seq,
            changes="[]",
            expects="{}",
            reverts=seq,
            light=original.light and alone,
            state=workflow.IN_REVIEW,
        )
        return self._submit(who, proposal, now)

    def _submit(self, who: Actor, proposal: Proposal, now: datetime, ready: Edit | None = None) -> Proposal:
        with self.database.writing() as session:
            proposal.number = proposals.next_number(session)
            made = None
            if workflow.goes_straight_through(who, light=proposal.light):
                made = self._make(session, who, proposal, now, ready)
            session.add(proposal)
        self._installed(made)
        return proposal

    # -- deciding ------------------------------------------------------------------------------------------------

    def review(self, who: Actor, number: int, verdict: Verdict, reason: str, *, now: datetime) -> Proposal:
        """Accept or decline.

        Raises:
            UnknownProposal, ProposalClosed: there is nothing to decide.
            Forbidden: the actor is no reviewer, or the author of something structural.
            RequestInvalid: a refusal without its reason.
            EditConflict: it would overwrite what others have changed since.
            KnowledgeInvalid, CycleFound: with what was accepted since, it would break the draft.
        """
        made = None
        ready = self._ready(who, number) if verdict == "accept" else None
        with self.database.writing() as session:
            proposal = proposals.get(session, number)
            workflow.expect_reviewer(who, proposal)
            workflow.expect_open(proposal)
            if verdict == "accept":
                made = self._make(session, who, proposal, now, ready)
            elif not reason.strip():
                raise RequestInvalid("reason: say why it is declined; its author will read it")
            else:
                proposal.state = workflow.DECLINED
            session.add(proposal)
            session.add(Review(proposal=number, reviewer=who.name, verdict=verdict, reason=reason, at=timestamp(now)))
        self._installed(made)
        return proposal

    def withdraw(self, who: Actor, number: int) -> Proposal:
        """Take one's own proposal back.

        Raises:
            UnknownProposal, ProposalClosed, Forbidden: there is none, it is decided, or it is somebody else's.
        """
        with self.database.writing() as session:
            proposal = proposals.get(session, number)
            workflow.expect_author(who, proposal)
            workflow.expect_open(proposal)
            proposal.state = workflow.WITHDRAWN
            session.add(proposal)
        return proposal

    def comment(self, who: Actor, number: int, text: str, *, now: datetime) -> Comment:
        """Remark on a proposal, open or decided.

        Raises:
            UnknownProposal: there is none of this number.
        """
        with self.database.writing() as session:
            proposals.get(session, number)
            comment = Comment(proposal=number, author=who.name, text=text, at=timestamp(now))
            session.add(comment)
        return comment

    # -- making --------------------------------------------------------------------------------------------------

    def _edit(self, session: Session, draft: Working, proposal: Proposal) -> Edit:
        if proposal.reverts is not None:
            return inverse_of(session, draft, repository.change(session, proposal.reverts), self._shapes())
        changes = proposals.changes_of(proposal)
        expected = json.loads(proposal.expects)
        now = {str(facet): seen for facet, seen in overwritten(changes, draft.content).items()}
        if moved := [facet for facet, seen in now.items() if expected.get(facet) != seen]:
            raise EditConflict(
                f"proposal {proposal.number} would overwrite what others changed after it was made. Withdraw it and "
                "propose it anew on what stands now:",
                tuple(f"{facet} was changed" for facet in moved),
            )
        return edit_of(session, draft, changes, self._shapes())

    def _ready(self, who: Actor, number: int) -> Edit | None:
        """The edit of a large proposal on what stands now, made while others may still write."""
        with self.database.reading() as session:
            draft = self._head.at(session)  # first, as in `proposed`
            proposal = proposals.get(session, number)
            workflow.expect_reviewer(who, proposal)
            workflow.expect_open(proposal)
            return self._worked_out(session, draft, proposal) if _is_large(proposal) else None

    def _worked_out(self, session: Session, draft: Working, proposal: Proposal) -> Edit:
        """The edit of an open proposal on a draft. A large one takes so long that the last one's is kept, and that
        several who ask at once wait for one."""
        if not _is_large(proposal):
            return self._edit(session, draft, proposal)
        with self._working:
            kept = self._checked
            if kept is None or kept[0] != proposal.number or kept[1].after.seq != draft.seq:
                self._checked = kept = proposal.number, self._edit(session, draft, proposal)
            return kept[1]

    def _make(
        self, session: Session, who: Actor, proposal: Proposal, now: datetime, ready: Edit | None = None
    ) -> Working:
        """Store a proposal's edit. The draft it gives is to be installed once the transaction has been committed.

        Args:
            ready: the edit on an earlier draft; it holds where nothing was accepted since.
        """
        draft = self._head.at(session)
        edit = ready if ready is not None and ready.after.seq == draft.seq else self._edit(session, draft, proposal)
        if who.name == proposal.author and proposal.reverts is None:
            _expect_still_light(proposal, draft)
        change = repository.append_change(
            session,
            at=timestamp(now),
            author=proposal.author,
            message=proposal.message,
            added=edit.added,
            removed=edit.removed,
            touched=edit.touched,
            proposal=proposal.number,
        )
        proposal.state, proposal.change = workflow.ACCEPTED, change.seq
        return replace(edit.after, seq=change.seq, seqs={**edit.after.seqs, **dict.fromkeys(edit.touched, change.seq)})

    def _installed(self, made: Working | None) -> None:
        if made is not None:
            self._head.install(made)
            self._checked = None  # it was worked out on an older draft


def _edit_of_a_person(session: Session, seq: int) -> LogEntry:
    change = repository.change(session, seq)
    if change.proposal is None:
        raise RequestInvalid(f"change {seq} is no edit of a person but an import; edit what is wrong with it")
    return change


def _is_large(proposal: Proposal) -> bool:
    return proposal.reverts is not None or len(proposals.changes_of(proposal)) > _MANY


def _written(changes: Sequence[Change]) -> str:
    try:
        return write_changes(changes)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where, what = found["loc"], found["msg"]
        raise RequestInvalid(f"{'.'.join(map(str, where[1:]))} of change {where[0]}: {what}") from error


def _expect_current(changes: Sequence[Change], draft: Working, base: int) -> None:
    from ..store.nodes import items_between

    touched = items_between(draft.content, apply_all(changes, draft.content)).iris()
    newer = {iri: draft.seq_of(iri) for iri in touched if draft.seq_of(iri) > base}
    if newer:
        told = ", ".join(f"{iri.rpartition('/')[2]} by change {seq}" for iri, seq in sorted(newer.items())[:5])
        raise Stale(f"since change {base}, which this edit is based on, others have edited {told}; read it again")


def _expect_still_light(proposal: Proposal, draft: Working) -> None:
    """A name that was free when its author proposed it may mean something by now."""
    if not all_light(proposals.changes_of(proposal), draft.content, draft.knowledge):
        raise EditConflict(
            "with what was accepted since, these names no longer mean nothing else; another reviewer must accept them"
        )
