"""Quotations taken out again, when a book may no longer be quoted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from kg_service.core.answer import Answer, Malformed, parse, render
from kg_service.core.errors import ConfigInvalid
from kg_service.core.trajectory import Passage, StepKind, Trajectory
from kg_service.job import read_jsonl, write_jsonl

from ..checks.subject import joined
from ..selftest import config_of
from .parquet import save, table


def make(run_dir: Path, source: str, out: Path) -> dict[str, int]:
    """Write the trajectories of a run without the quotations of one book, as JSONL and Parquet, into another folder.

    Args:
        source: the book as the data card cites it.

    Raises:
        ConfigInvalid: the run quotes no such book; the message names those it may quote.
    """
    named = config_of(run_dir).write.passages
    passages = list(read_jsonl(Path(named), Passage)) if named else []
    books = sorted({passage.source for passage in passages})
    if source not in books:
        raise ConfigInvalid(f"{run_dir} was written from no book {source!r}, but from: {'; '.join(books) or 'none'}")
    rows = list(read_jsonl(run_dir / "trajectories.jsonl", Trajectory))
    left = list(redact(rows, ids_of(passages, source)))
    write_jsonl(out / "trajectories.jsonl", left)
    save(table(left), out / "parquet" / "00000.parquet")
    old = {row.id: row for row in rows}
    return {"rows": len(left), "changed": sum(row != old[row.id] for row in left), "dropped": len(rows) - len(left)}


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
