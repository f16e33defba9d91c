"""Quotations taken out again, when a book may no longer be quoted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from kg_service.core.answer import Answer, Malformed, parse, render
from kg_service.core.trajectory import Passage, StepKind, Trajectory

from ..checks.subject import joined


def ids_of(passages: Iterable[Passage], source: str) -> frozenset[str]:
    """The ids of the passages of one book."""
    return frozenset(passage.id for passage in passages if passage.source == source)


def redact(rows: Iterable[Trajectory], withdrawn: Collection[str]) -> Iterator[Trajectory]:
    """The same trajectories without what they quote of the passages with these ids (see `ids_of`).

    A step that cites one goes as a whole; the reply is rendered anew from the others. A row is left out where nothing
    would remain of it, or where its reply cannot be read.
    """
    for row in rows:
        gone = {alias for alias, id_ in row.aliases.items() if id_ in withdrawn}
        if not gone:
            yield row
            continue
        steps = tuple(step for step in row.steps if not gone & set(step.refs))
        answer = parse(row.reply)
        if isinstance(answer, Malformed) or not any(step.kind is not StepKind.CONCLUDE for step in steps):
            continue
        used = {ref for step in steps for ref in step.refs}
        reply = render(Answer(joined(steps), answer.diagnosis, answer.condition))
        aliases = {alias: id_ for alias, id_ in row.aliases.items() if alias in used}
        yield replace(row, steps=steps, aliases=aliases, reply=reply)
