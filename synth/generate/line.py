"""The conveyor: jobs go to the writer, outcomes come back and are judged, what failed goes to the end of the line.

Outcomes are taken in the order in which their jobs were begun. So the rows are the same whatever the order in which a
model answers, and however many questions are under way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import cast

from kg_service.core.trajectory import Kind, Trajectory

from ..checks.corpus import Sketch
from ..model.ask import BudgetSpent
from ..writers.draft import Outcome, Waiting
from .jobs import Job, Planner, request_of, task_of
from .ledger import Entry, Ledger, Span
from .rows import Verdict, judged, judged_again
from .shop import Workshop
from .tally import Tally


@dataclass(frozen=True, slots=True)
class Wish:
    """A row that is wanted: of this kind, and whether only for the reserve."""

    kind: Kind
    spare: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A row, where it stands in the journal, what was asked for, and what tells it from other rows."""

    row: Trajectory
    span: Span
    wish: Wish
    sketch: Sketch


@dataclass(frozen=True, slots=True)
class _Attempt:
    job: Job
    wish: Wish
    number: int = 0
    complaints: tuple[str, ...] = ()

    @property
    def slot(self) -> str:
        return f"{self.job.name}/{self.number}"


@dataclass(frozen=True, slots=True)
class _Begun:
    attempt: _Attempt
    request: str
    done: tuple[Entry, Span] | None
    future: Future[Outcome] | None


class Line:
    """Makes the rows of one shard. `run` fills `rows`, `quarantine` and `refused` (spans in the ledger).

    A job whose answer is still to come, or that the budget does not reach, is neither accepted nor refused: a later run
    finds it at the same place.
    """

    def __init__(
        self, shop: Workshop, planner: Planner, ledger: Ledger, tally: Tally, tell: Callable[[], object]
    ) -> None:
        self.shop, self.planner, self.ledger, self.tally = shop, planner, ledger, tally
        self._tell = tell
        self._queue: deque[Wish | _Attempt] = deque()
        self.rows: list[Kept] = []
        self.quarantine: list[tuple[Trajectory, Span]] = []
        self.refused: list[Span] = []

    def run(self, wishes: Iterable[Wish], budget: int) -> None:
        """Go on until every wish is fulfilled, the facts are told, or `budget` attempts are made."""
        self._queue.extend(wishes)
        under_way: deque[_Begun] = deque()
        begun = 0
        while True:
            while len(under_way) < self.shop.writer.window and begun < budget and (attempt := self._next()):
                under_way.append(self._begin(attempt))
                begun += 1
            if not under_way:
                return
            self._settle(under_way.popleft())

    def _next(self) -> _Attempt | None:
        while self._queue:
            first = self._queue.popleft()
            if isinstance(first, _Attempt):
                return first
            if job := self.planner.next(first.kind):
                self.tally.planned += 1
                return _Attempt(job, first)
        return None

    def _begin(self, attempt: _Attempt) -> _Begun:
        job = attempt.job
        request = request_of(self.shop, job, attempt.number, attempt.complaints)
        if done := self.ledger.find(attempt.slot, request):
            return _Begun(attempt, request, done, None)
        task = task_of(self.shop, job, attempt.number, attempt.complaints)
        return _Begun(attempt, request, None, self.shop.writer.begin(task))

    def _settle(self, begun: _Begun) -> None:
        attempt, tally = begun.attempt, self.tally
        try:
            outcome = None if begun.future is None else begun.future.result()
        except BudgetSpent:
            tally.unpaid += 1
            return
        if isinstance(outcome, Waiting):
            tally.waiting += 1
            return
        tally.generated += 1
        verdict, span = self._remembered(begun) if outcome is None else self._fresh(begun, outcome)
        if verdict.rejection:
            tally.refuse(verdict.rejection, attempt.job.case.gold)
            tally.spend(verdict.rejection.candidate)
            tally.parsed += verdict.rejection.code != "FMT_PARSE"
            self.refused.append(span)
            self._once_more(attempt, verdict.complaints)
            return
        row = cast(Trajectory, verdict.row)
        tally.parsed += 1
        tally.flags.update(row.flags)
        tally.spend(row.provenance)
        if not verdict.accepted(self.shop.settings.accept_flags):
            tally.quarantined += 1
            self.quarantine.append((row, span))
            self._once_more(attempt, verdict.complaints)
            return
        tally.accepted += 1
        self.rows.append(Kept(row, span, attempt.wish, self.shop.corpus.sketch(row)))
        self.shop.corpus.add(row)
        self._tell()

    def _remembered(self, begun: _Begun) -> tuple[Verdict, Span]:
        assert begun.done is not None
        entry, span = begun.done
        self.tally.reused += 1
        if entry.row is None:
            return Verdict(None, entry.rejection), span
        verdict = judged_again(self.shop, begun.attempt.job, entry.row)
        changed = verdict.rejection is not None or verdict.row != entry.row
        return verdict, self._write(begun, verdict) if changed else span

    def _fresh(self, begun: _Begun, outcome: Outcome) -> tuple[Verdict, Span]:
        assert not isinstance(outcome, Waiting)
        verdict = judged(self.shop, begun.attempt.job, begun.attempt.number, begun.request, outcome)
        return verdict, self._write(begun, verdict)

    def _write(self, begun: _Begun, verdict: Verdict) -> Span:
        row = verdict.row if verdict.rejection is None else None
        return self.ledger.keep(Entry(begun.attempt.slot, begun.request, row, verdict.rejection))

    def _once_more(self, attempt: _Attempt, complaints: tuple[str, ...]) -> None:
        """To the end of the line: the same job again, or after the last attempt the wish, for another case."""
        if attempt.number + 1 < self.shop.settings.attempts:
            self._queue.append(_Attempt(attempt.job, attempt.wish, attempt.number + 1, complaints))
        else:
            self._queue.append(attempt.wish)
