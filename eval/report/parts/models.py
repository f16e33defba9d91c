"""The first table: every model and every baseline."""

from __future__ import annotations

from ...headline import METRICS
from ...tables import Cell, Table
from ..part import Part, View

_NOTE = (
    "Hierarchical F compares the answered concept and the gold, each with all its ancestors (micro). Balanced accuracy "
    "is the mean over diagnoses of the share answered with that diagnosis or a more specific one. Severity is the "
    "height of the nearest common concept, over wrong answers only: lower is milder, and – means no wrong diagnosis "
    "was named. A malformed reply counts as wrong everywhere."
)
_BASELINES = " Rows in italics are baselines, fitted on the training cases."


def part(view: View) -> Part | None:
    comparison = view.comparison
    if not view.answering:
        return None
    rows: list[tuple[Cell, ...]] = [
        (view.labels[name], *(metrics[metric] for metric in METRICS)) for name, metrics in comparison.metrics.items()
    ]
    note = _NOTE + (_BASELINES if comparison.baselines else "")
    table = Table("models", "Models", ("model", *METRICS.values()), tuple(rows), note)
    return Part("models", "Models", "Open diagnosis: every model and baseline", (table,))
