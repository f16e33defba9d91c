"""Replies that are no replies: degenerate output, and why a reply was malformed."""

from __future__ import annotations

from collections import Counter

from ...degenerate import Degenerate
from ...tables import Cell, Table
from ..part import Item, Part, View

_NOTE = (
    "Over the replies to all questions. Merging an adapter, or another release of transformers, can turn a good "
    "checkpoint into one that repeats itself; a run full of loops does not measure the weights."
)


def part(view: View) -> Part | None:
    runs = view.comparison.runs
    codes = sorted({score.malformed for run in runs.values() for score in run.scores if score.malformed})
    broken = any(score.degenerate for run in runs.values() for score in run.scores)
    items: list[Item] = []
    if broken or codes:
        items.append(_degenerate(view))
    if codes:
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (code, *(sum(score.malformed == code for score in run.scores) for run in runs.values())) for code in codes
        )
        items.append(
            Table("malformed", "Why replies were malformed", ("reason", *(view.labels[name] for name in runs)), rows)
        )
    return Part("malformed", "Broken replies", "Degenerate and malformed replies", tuple(items)) if items else None


def _degenerate(view: View) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name, run in view.comparison.runs.items():
        counted = Counter(score.degenerate for score in run.scores)
        broken = sum(counted[kind] for kind in Degenerate)
        malformed = sum(score.malformed is not None for score in run.scores)
        rows.append(
            (view.labels[name], len(run.scores), *(counted[kind] for kind in Degenerate), broken / len(run.scores),
             malformed / len(run.scores))
        )  # fmt: skip
    columns = ("model", "replies", *(f"{kind.value}" for kind in Degenerate), "degenerate, share", "malformed, share")
    return Table("degenerate", "Degenerate replies", columns, tuple(rows), _NOTE)
