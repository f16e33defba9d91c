"""Proposals as people read them: what each change says and overwrites, and what somebody may do about it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from ..core.change import Change, apply_all, content_changes
from ..core.content import Content
from ..core.errors import EditConflict, Forbidden, SkinR1Error
from ..core.facets import overwritten
from ..core.telling import told
from ..editorial import history, proposals, repository, workflow
from ..editorial.actor import Actor
from ..editorial.inbox import datasets
from ..editorial.models import Change as LogEntry
from ..editorial.models import Proposal, Review
from ..editorial.working import Working
from ..store.statement import BASE
from .diffing import ItemDiff, diffs
from .impact import impact_between
from .paging import AT_ONCE, Stretch
from .scene import Scene
from .sentences import Pieces, capitalised, linking, pieces, plain
from .wording import by_names, problem

_MANY = 500  # changes
_ITEMS = 8  # items of one change whose difference is shown
_KEPT = 10_000  # titles


@dataclass(frozen=True, slots=True)
class Told:
    """One change: its sentence, what it overwrites, and how many more items it touches than are shown."""

    sentence: Pieces
    items: tuple[ItemDiff, ...] = ()
    more: int = 0


# Some changes of an edit.
Telling = Stretch[Told]


def telling(changes: Sequence[Change], before: Content, *, start: int, count: int) -> Telling:
    """Tell some changes of an edit, each against what those before it made.

    Args:
        changes: from the first on; those before `start` are only made.
        count: how many the edit has.
    """
    content = _made(changes[:start], before)
    found = []
    for change in changes[start : start + AT_ONCE]:
        one, content = _told(change, content)
        found.append(one)
    return Stretch(tuple(found), start, count)


def _made(changes: Sequence[Change], content: Content) -> Content:
    try:
        return apply_all(changes, content)
    except SkinR1Error:
        return content  # it is blocked, and the page says why


def _told(change: Change, before: Content) -> tuple[Told, Content]:
    try:
        after = change.apply(before)
        call = linking(before, after)
        return Told(pieces(told(change, before, call)), *diffs(before, after, _ITEMS)), after
    except SkinR1Error:
        return Told(pieces(change.sentence(linking(before)))), before


def telling_of(session: Session, draft: Working, proposal: Proposal, start: int) -> Telling:
    """What a proposal says: on what stood when it was accepted, else on what stands now.

    Raises:
        EditConflict: it is not written as this program writes changes.
    """
    if proposal.change is not None:
        return telling_of_entry(session, draft, repository.change(session, proposal.change), start)
    if proposal.reverts is not None:
        return _telling_back(session, draft, repository.change(session, proposal.reverts), start)
    changes, count = proposals.first_changes_of(proposal, start + AT_ONCE)
    return telling(changes, draft.content, start=start, count=count)


def telling_of_entry(session: Session, draft: Working, entry: LogEntry, start: int = 0) -> Telling:
    """What a change of the log did."""
    proposal = proposals.get(session, entry.proposal) if entry.proposal is not None else None
    if proposal is not None and proposal.reverts is None:
        try:
            changes, count = proposals.first_changes_of(proposal, start + AT_ONCE)
        except EditConflict:  # an older program wrote it; what it did is known all the same
            pass
        else:
            # To know all that stood before a change of thousands takes long, so what others touched is told as it is.
            about = overwritten(changes[start:], draft.content)
            only = {f"{BASE}{each.kind}/{each.id}" for each in about} if count > _MANY else None
            before, _ = history.around(session, draft, entry, only)
            return telling(changes, before, start=start, count=count)
    before, after = history.around(session, draft, entry)
    changes = content_changes(before, after)
    return telling(changes, before, start=start, count=len(changes))


def _telling_back(session: Session, draft: Working, entry: LogEntry, start: int) -> Telling:
    before, after = history.around(session, draft, entry)
    changes = content_changes(after, before)
    return telling(changes, after, start=start, count=len(changes))


# -- in lists ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """A proposal in a list: its first sentence, how many more changes it has, and who decided."""

    proposal: Proposal
    title: str
    more: int
    review: Review | None
    may_decide: bool


def entries(session: Session, scene: Scene, draft: Working, found: Iterable[Proposal]) -> list[Entry]:
    """Proposals for a list."""
    listed = list(found)
    reviews = proposals.reviews(session, [each.number for each in listed])
    titles: Titles = scene.request.app.state.titles
    return [
        Entry(
            each,
            *titles.of(session, draft, each),
            reviews.get(each.number),
            not why_not_decide(scene.actor, each),
        )
        for each in listed
    ]


class Titles:
    """What proposals are called in lists. What an accepted one said never alters, so it is told once. Safe to share."""

    def __init__(self) -> None:
        self._accepted: dict[int, tuple[str, int]] = {}
        self._lock = threading.Lock()

    def of(self, session: Session, draft: Working, proposal: Proposal) -> tuple[str, int]:
        """A proposal's first sentence, or what its author wrote; and how many more changes it has."""
        with self._lock:
            kept = self._accepted.get(proposal.number)
        if kept is not None:
            return kept
        found = _title(session, draft, proposal)
        if proposal.change is not None:
            with self._lock:
                if len(self._accepted) >= _KEPT:
                    self._accepted.clear()
                self._accepted[proposal.number] = found
        return found


def _title(session: Session, draft: Working, proposal: Proposal) -> tuple[str, int]:
    if proposal.reverts is not None:
        reverted = repository.change(session, proposal.reverts).proposal
        taken_back = f"Take back change {proposal.reverts}"
        if reverted is None:
            return taken_back, 0
        title, more = _title(session, draft, proposals.get(session, reverted))
        return f"{taken_back}: {title}", more
    try:
        (first, *_), count = proposals.first_changes_of(proposal, 1)
    except EditConflict:
        return capitalised(proposal.message), 0
    before = draft.content
    # To know what stood before a change of thousands takes long; its first sentence is then told without it.
    if proposal.change is not None and count <= AT_ONCE:
        before, _ = history.around(session, draft, repository.change(session, proposal.change))
    call = linking(before, draft.content)
    try:
        first.apply(before)
        return plain(told(first, before, call)), count - 1
    except SkinR1Error:
        return plain(first.sentence(call)), count - 1


# -- what one may do ---------------------------------------------------------------------------------------------


def why_not_decide(actor: Actor | None, proposal: Proposal) -> str:
    """Why somebody may not accept or decline a proposal; empty where they may."""
    if actor is None:
        return "sign in to review"
    try:
        workflow.expect_reviewer(actor, proposal)
    except Forbidden as error:
        return by_names(str(error))
    return ""


def may_withdraw(actor: Actor | None, proposal: Proposal) -> bool:
    return actor is not None and actor.name == proposal.author and proposal.state == workflow.IN_REVIEW


# -- what it would do --------------------------------------------------------------------------------------------


class Weighing:
    """Which open proposals are grave, and which cannot be accepted: worked out once on each draft. Safe to share."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[object, str, bool]] = {}
        self._lock = threading.Lock()

    def of(self, scene: Scene, number: int) -> tuple[str, bool]:
        """(why it cannot be accepted, empty where it can; whether it is grave).

        Raises:
            UnknownProposal, ProposalClosed: there is no open one of this number.
        """
        with scene.database.reading() as session:
            workflow.expect_open(proposals.get(session, number))
            state = repository.last_seq(session), datasets.stamp(session)
        with self._lock:
            kept = self._found.get(number)
        if kept is not None and kept[0] == state:
            return kept[1:]
        blocked, grave = "", False
        try:
            draft, after = scene.desk.proposed(number)
        except SkinR1Error as error:
            blocked = problem(error, scene.know, scene.views.newest.knowledge)[0]
        else:
            grave = impact_between(scene, draft.knowledge, after.knowledge).grave
        with self._lock:
            self._found = {each: found for each, found in self._found.items() if found[0] == state}
            self._found[number] = state, blocked, grave
        return blocked, grave
