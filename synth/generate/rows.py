"""From a writer's outcome to a row with a verdict."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kg_service.core.answer import Answer, render
from kg_service.core.errors import RecordInvalid
from kg_service.core.trajectory import Rejection, Trajectory

from ..checks import Severity, Subject, review
from ..checks.rules import CODES_OF_CORPUS, Finding, compare, hard
from ..checks.subject import joined
from ..writers.draft import Draft, Failure
from .jobs import Job
from .shop import PROMPT, Workshop


@dataclass(frozen=True, slots=True)
class Verdict:
    """A candidate and what became of it: refused, or a row whose soft findings are its flags."""

    row: Trajectory | None
    rejection: Rejection | None = None

    @property
    def complaints(self) -> tuple[str, ...]:
        """What the next attempt is told. Only what a journal keeps, so that a resumed run tells the same."""
        if self.rejection is not None:
            return (f"{self.rejection.code}: {self.rejection.detail}",)
        return self.row.flags if self.row is not None else ()

    def accepted(self, excused: Collection[str]) -> bool:
        """Whether the row counts; one with flags that nobody excuses waits in quarantine."""
        return self.row is not None and self.rejection is None and set(self.row.flags) <= set(excused)


def judged(shop: Workshop, job: Job, attempt: int, request: str, outcome: Draft | Failure) -> Verdict:
    """What is to be thought of something that a writer gave."""
    if isinstance(outcome, Draft):
        try:
            row = trajectory(job, outcome, shop, attempt, request)
        except RecordInvalid as error:  # the text holds a tag of ours, or nothing
            outcome = Failure("FMT_PARSE", str(error)[:300], joined(outcome.steps), "", outcome.tokens, outcome.cost)
    if isinstance(outcome, Failure):
        made = {"request": request, "tokens": outcome.tokens, "cost": outcome.cost}
        kept = _candidate(_name(job), outcome.received, made)
        return Verdict(None, Rejection(job.case.id, job.plan.kind, outcome.code, outcome.detail, kept))
    subject = Subject(
        row, job.case, job.pack, shop.reader, shop.settings.style, outcome.finish, templates=shop.writer.templates
    )
    found = review(subject, shop.corpus)
    if problems := hard(found):
        return Verdict(row, _refusal(problems, row, row.provenance))
    return Verdict(_flagged(row, found))


def judged_again(shop: Workshop, job: Job, done: Trajectory) -> Verdict:
    """A row that was found acceptable before is only compared with the rows around it."""
    subject = Subject(done, job.case, job.pack, shop.reader, shop.settings.style, templates=shop.writer.templates)
    found = compare(subject, shop.corpus)
    row = _flagged(replace(done, flags=tuple(flag for flag in done.flags if flag not in CODES_OF_CORPUS)), found)
    if problems := hard(found):
        made = {name: done.provenance[name] for name in ("request", "tokens", "cost")}
        return Verdict(row, _refusal(problems, row, made))
    return Verdict(row)


def _refusal(problems: Sequence[Finding], row: Trajectory, made: Mapping[str, Any]) -> Rejection:
    first = problems[0]
    more = sorted({finding.code for finding in problems[1:]} - {first.code})
    detail = first.detail + (f" (also {', '.join(more)})" if more else "")
    return Rejection(row.case_id, row.kind, first.code, detail, _candidate(row.id, row.reply, made))


def _candidate(id_: str, reply: str, made: Mapping[str, Any]) -> dict[str, object]:
    """What is kept of something refused; what it cost is left out where that was nothing."""
    spent = {name: made[name] for name in ("tokens", "cost") if made[name]}
    return {"id": id_, "reply": reply, "request": made["request"], **spent}


def _flagged(row: Trajectory, found: Sequence[Finding]) -> Trajectory:
    soft = {finding.code for finding in found if finding.severity is Severity.SOFT}
    return replace(row, flags=tuple(sorted({*row.flags, *soft}))) if soft else row


def _name(job: Job) -> str:
    return f"{job.name}/{job.plan.kind}"


def trajectory(job: Job, draft: Draft, shop: Workshop, attempt: int, request: str) -> Trajectory:
    """Render a draft. The tags are ours, whoever wrote the steps.

    Where the writer chose the diagnosis itself, its choice stands in the tag, and LBL_GOLD judges it.
    """
    assert job.pack.condition is not None
    weighed = (job.plan.distractor,) if job.plan.distractor else ()
    diagnosis = draft.diagnosis or job.case.gold
    answer = Answer(joined(draft.steps), shop.knowledge.label(diagnosis), job.pack.condition)
    provenance: dict[str, str | int | float] = {
        "release": shop.knowledge.release,
        "digest": shop.knowledge.digest,
        "facts": job.facts,
        "engine": shop.writer.name,
        "model": shop.writer.version,
        "style": shop.settings.style,
        "prompt": PROMPT,
        "seed": shop.seed,
        "attempt": attempt,
        "request": request,
        "tokens": draft.tokens,
        "cost": draft.cost,
    }
    if draft.request:
        provenance["call"] = draft.request
    return Trajectory(
        id=_name(job),
        case_id=job.case.id,
        image=job.case.image,
        kind=job.plan.kind,
        gold=job.case.gold,
        condition=job.pack.condition,
        distractors=weighed if draft.distractors is None else draft.distractors,
        steps=draft.steps,
        aliases=draft.aliases,
        reply=render(answer),
        answer_visible=draft.answer_visible,
        provenance=provenance,
    )
