"""The use-cases of the inbox: jobs report, people look and decide, a decision becomes a proposal."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ...core.change import Change
from ...core.errors import DecisionConflict, Forbidden
from ...core.knowledge import Knowledge
from ...core.labels import Resolution
from ...core.suggestion import Advice, Adviser
from ..actor import Actor
from ..desk import Desk, Working
from ..times import timestamp
from ..workflow import IN_REVIEW
from . import repository
from .models import LabelDecision
from .planning import Choice, expect_effect, planned, warning
from .repository import LabelRow, Reported, Unresolved
from .standing import Decided, State, is_answered, state_of


@dataclass(frozen=True, slots=True)
class Item:
    """A label in the inbox. `advice` is None for a decided one; `found` is what the draft makes of it now."""

    row: LabelRow
    state: State
    found: Resolution
    advice: Advice | None
    reports: tuple[Reported, ...]
    decided: Decided | None


@dataclass(frozen=True, slots=True)
class Page:
    """Items, the most images first; `last` is the row to go on after, None at the end."""

    items: tuple[Item, ...]
    knowledge: Knowledge
    last: LabelRow | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How far one dataset is: labels and images that wait, and all that were ever reported of it."""

    dataset: str
    open_labels: int
    open_images: int
    labels: int
    images: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a decision would do: the changes, and a warning or an empty text."""

    changes: tuple[Change, ...]
    warning: str


@dataclass(frozen=True, slots=True)
class Made:
    """A decision that was made. `proposal` is None for cannot-tell."""

    decided: Decided
    plan: Plan


class Inbox:
    """One per process, thread-safe. It keeps the index of suggestions of the newest draft that was asked about."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._database = desk.database
        self._lock = threading.Lock()
        self._advising: tuple[Knowledge, Adviser] | None = None

    # -- jobs ----------------------------------------------------------------------------------------------------

    def report(self, job: str, items: Sequence[Unresolved], *, now: datetime) -> int:
        """What did not resolve in a job's newest run, in place of what it said before about the same datasets.

        Returns:
            How many labels were kept.
        """
        with self._database.writing() as session:
            return repository.replace_report(session, job, items, at=timestamp(now))

    # -- people --------------------------------------------------------------------------------------------------

    def page(
        self, state: State, *, dataset: str | None = None, after: LabelRow | None = None, limit: int, now: datetime
    ) -> Page:
        """Labels in one state. Those that resolve by now, without a decision made here, are in none."""
        know = self._desk.draft().knowledge
        taken: list[tuple[LabelRow, Resolution, Decided | None]] = []
        with self._database.reading() as session:
            decisions = repository.newest_decisions(session, dataset=dataset)
            rows = repository.label_rows(session, dataset=dataset, after=after, decided=state == "decided")
            for row in rows:
                found = know.resolve(row.label, dataset=row.dataset)
                decided = decisions.get(row.key)
                if state_of(decided, found, now=now) == state:
                    taken.append((row, found, decided))
                if len(taken) > limit:
                    break
            shown = taken[:limit]
            reports = repository.reports(session, [row.key for row, _, _ in shown])
        items = tuple(self._item(know, *each, state, tuple(reports.get(each[0].key, ()))) for each in shown)
        return Page(items, know, shown[-1][0] if len(taken) > limit else None)

    def item(self, dataset: str, label: str, *, now: datetime) -> Item:
        """One label as it stands now.

        Raises:
            UnknownLabel: no job reported it.
            DecisionConflict: it resolves by now without a decision made here, so it has left the inbox.
        """
        know = self._desk.draft().knowledge
        with self._database.reading() as session:
            row = repository.label_row(session, dataset, label)
            decided = repository.newest_decisions(session, key=row.key).get(row.key)
            reports = repository.reports(session, [row.key])
        found = know.resolve(row.label, dataset=row.dataset)
        state = state_of(decided, found, now=now)
        if state is None:
            raise DecisionConflict(f"the label {label!r} of {dataset} resolves by now; nothing is to decide")
        return self._item(know, row, found, decided, state, tuple(reports.get(row.key, ())))

    def tally(self, *, now: datetime) -> tuple[Tally, ...]:
        """How much waits in each dataset, by its name."""
        know = self._desk.draft().knowledge
        counted: dict[str, list[int]] = {}
        with self._database.reading() as session:
            decisions = repository.newest_decisions(session)
            for row in repository.label_rows(session):
                found = know.resolve(row.label, dataset=row.dataset)
                waits = state_of(decisions.get(row.key), found, now=now) == "open"
                sums = counted.setdefault(row.dataset, [0, 0, 0, 0])
                for place, number in enumerate((waits, waits * row.images, 1, row.images)):
                    sums[place] += number
        return tuple(Tally(dataset, *sums) for dataset, sums in sorted(counted.items()))

    def plan(self, choice: Choice, *, now: datetime) -> Plan:
        """What a decision would do; nothing is stored.

        Raises:
            DecisionConflict: the label is decided or resolves already.
            UnknownLabel: no job reported it.
            UnknownConcept, RequestInvalid: the choice cannot be made.
            KnowledgeInvalid: the changes contradict the draft.
        """
        return self._plan(choice, self._desk.draft(), now=now)

    def decide(self, who: Actor, choice: Choice, *, now: datetime) -> Made:
        """Make a decision, and a proposal of it.

        Two people who decide about one label at once: the second is refused.

        Raises:
            As `plan`, and what `Desk.propose` raises; the label is then as it was.
        """
        working = self._desk.draft()
        plan = self._plan(choice, working, now=now)
        number = self._claim(who, choice, working.knowledge, now=now)
        if plan.changes:
            try:
                proposal = self._desk.propose(
                    who, plan.changes, message=_message(choice, working.knowledge), base=working.seq, now=now
                )
            except BaseException:
                with self._database.writing() as session:
                    repository.drop_decision(session, number)
                raise
            with self._database.writing() as session:
                row = repository.decision_row(session, number)
                row.proposal = proposal.number
                return Made(repository.decided(row, proposal.state), plan)
        with self._database.reading() as session:
            return Made(repository.decided(repository.decision_row(session, number), None), plan)

    def undo(self, who: Actor, number: int, *, now: datetime) -> None:
        """Take a decision back: its proposal is withdrawn, and the label is open again.

        Raises:
            UnknownDecision: there is none of this number.
            Forbidden: somebody else's decision; a reviewer may take back a cannot-tell or decline the proposal.
            DecisionConflict: it was taken back already, or its proposal is no longer in review.
        """
        with self._database.reading() as session:
            row = repository.decision_row(session, number)
            decided = repository.newest_decisions(session, key=row.key).get(row.key)
        if decided is None or decided.number != number:
            raise DecisionConflict(f"decision {number} was taken back, or a later one replaced it")
        if decided.author != who.name and (decided.proposal is not None or not who.may("reviewer")):
            raise Forbidden(f"only {decided.author} may take decision {number} back")
        if decided.proposal is not None:
            if decided.proposal_state != IN_REVIEW:
                raise DecisionConflict(
                    f"proposal {decided.proposal} of decision {number} is {decided.proposal_state}; "
                    "an accepted one is undone by reverting its change"
                )
            self._desk.withdraw(who, decided.proposal)
        with self._database.writing() as session:
            repository.decision_row(session, number).undone = timestamp(now)

    # -- inside --------------------------------------------------------------------------------------------------

    def _item(
        self,
        know: Knowledge,
        row: LabelRow,
        found: Resolution,
        decided: Decided | None,
        state: State,
        reports: tuple[Reported, ...],
    ) -> Item:
        if state == "decided":
            return Item(row, state, found, None, reports, decided)
        advice = self._adviser(know).advise(row.label, dataset=row.dataset)
        return Item(row, state, found, advice, reports, None)

    def _plan(self, choice: Choice, working: Working, *, now: datetime) -> Plan:
        choice.check()
        know = working.knowledge
        with self._database.reading() as session:
            row = repository.label_row(session, choice.dataset, choice.label)
            decided = repository.newest_decisions(session, key=row.key).get(row.key)
        _expect_open(choice, decided, know.resolve(choice.label, dataset=choice.dataset), now=now)
        adviser = self._adviser(know)
        changes = planned(choice, know, adviser)
        if changes:
            expect_effect(choice, self._desk.preview(changes, working).knowledge)
        return Plan(changes, warning(choice, know, adviser))

    def _claim(self, who: Actor, choice: Choice, know: Knowledge, *, now: datetime) -> int:
        """Store the decision before its proposal, so that a second one about the same label is refused."""
        with self._database.writing() as session:
            row = repository.label_row(session, choice.dataset, choice.label)
            decided = repository.newest_decisions(session, key=row.key).get(row.key)
            _expect_open(choice, decided, know.resolve(choice.label, dataset=choice.dataset), now=now)
            decision = LabelDecision(
                key=row.key,
                dataset=row.dataset,
                label=row.label,
                decision=choice.decision,
                concepts=json.dumps(choice.concepts),
                scope=choice.scope,
                reason=choice.reason,
                author=who.name,
                at=timestamp(now),
            )
            return repository.add_decision(session, decision)

    def _adviser(self, know: Knowledge) -> Adviser:
        with self._lock:
            if self._advising is None or self._advising[0] is not know:
                self._advising = know, Adviser(know)
            return self._advising[1]


def _expect_open(choice: Choice, decided: Decided | None, found: Resolution, *, now: datetime) -> None:
    state = state_of(decided, found, now=now)
    if state == "decided" and decided is not None:
        made = (
            f"as proposal {decided.proposal} ({decided.proposal_state})" if decided.proposal else "without a proposal"
        )
        raise DecisionConflict(
            f"the label {choice.label!r} of {choice.dataset} was decided by {decided.author} as {decided.decision}, "
            f"{made}; undo that first"
        )
    if is_answered(found):
        raise DecisionConflict(f"the label {choice.label!r} of {choice.dataset} resolves by now; nothing is to decide")


def _message(choice: Choice, know: Knowledge) -> str:
    names = " or ".join(f"'{know.label(concept)}'" for concept in choice.concepts)
    verdict = {
        "same-as": "the same as",
        "broader": "filed under",
        "several": "one of",
        "not-a-disease": "not a disease",
    }
    where = "everywhere" if choice.scope == "everywhere" else f"in {choice.dataset}"
    said = f"the unmapped label '{choice.label}' of {choice.dataset} is {where} {verdict[choice.decision]} {names}"
    return f"{said.rstrip()}: {choice.reason}" if choice.reason else said.rstrip()
