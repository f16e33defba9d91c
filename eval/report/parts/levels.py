"""How far down the hierarchy are answers right? By level, by concept, by gold."""

from __future__ import annotations

import numpy as np

from ...drawing import Plot, drawing, mark
from ...metrics.levels import Level
from ...tables import Cell, Table
from ..icicle import icicle
from ..part import Fold, Part, View

_RIGHT = "right_to_level_"
_NOTE = (
    "Right to level k: among golds at least k deep, the share of answers that agree with the gold down to level k. "
    "Node recall: of the cases under a concept the share answered with it or something below it, the mean over the "
    "concepts of a level whatever their size."
)
_ICICLE = (
    "Every rectangle is a concept, as wide as the cases under it, level 1 at the top; its colour is the share of them "
    "answered with it or something below it. A concept with several parents stands under its first."
)


def part(view: View) -> Part | None:
    names = view.answering
    if not names:
        return None
    measured = {name: found for name, found in view.each(lambda extras: extras.levels).items() if found}
    shown = view.comparison.models[-2:]
    drawn = [
        Fold(view.labels[name], (icicle(name, measured[name], view, note=_ICICLE),), shown=name == view.last)
        for name in reversed(shown)
        if name in measured
    ]
    return Part(
        "levels",
        "Levels",
        "Right to each level of the hierarchy",
        (_lines(view, names), _table(view, measured), *drawn, Fold("Every diagnosis", (_golds(view),))),
    )


def _table(view: View, measured: dict[str, tuple[Level, ...]]) -> Table:
    deepest = max(len(found) for found in measured.values())
    rows: list[tuple[Cell, ...]] = []
    for name, found in measured.items():
        metrics = view.comparison.metrics[name]
        right = [metrics.get(f"{_RIGHT}{level}") for level in range(1, deepest + 1)]
        recalls = [found[level].recall if level < len(found) else None for level in range(deepest)]
        rows.append((view.labels[name], *right, *recalls))
    columns = (
        "model",
        *(f"right to level {level}" for level in range(1, deepest + 1)),
        *(f"node recall, level {level}" for level in range(1, deepest + 1)),
    )
    return Table("levels", "Right to each level, and node recall", columns, tuple(rows), _NOTE)


def _golds(view: View) -> Table:
    found = view.comparison.extras[view.last].golds or ()
    rows = tuple(
        (
            view.concept(one.gold),
            one.cases,
            one.recall,
            one.precision,
            f"{view.concept(one.mistaken_for[0])} ({one.mistaken_for[1]})" if one.mistaken_for else "",
        )
        for one in found
    )
    note = (
        f"{view.labels[view.last]}. Recall: answered with the diagnosis or something below it. Precision: of the "
        "answers so, the share whose gold is so too."
    )
    columns = ("diagnosis", "cases", "recall", "precision", "most often taken for")
    return Table("diagnoses", "Every diagnosis, the most frequent first", columns, rows, note)


def _lines(view: View, names: list[str]) -> Plot:
    found = {name: [i for key, i in view.comparison.metrics[name].items() if key.startswith(_RIGHT)] for name in names}
    deepest = max(map(len, found.values()))
    with drawing("levels", 6.4, 3.4) as (_, axes, result):
        for place, name in enumerate(names):
            intervals = found[name]
            steps = np.arange(1, len(intervals) + 1) + 0.05 * (place - len(names) / 2)
            value = np.array([interval.value for interval in intervals])
            spread = np.array([[i.value - i.low, i.high - i.value] for i in intervals]).T.clip(min=0)
            dash = "--" if name in view.comparison.baselines else "-"
            axes.errorbar(steps, value, yerr=spread, markersize=4.5, linestyle=dash, linewidth=1.6,
                          label=view.labels[name], **mark(place))  # fmt: skip
        axes.set_xticks(range(1, deepest + 1), [f"level {level}" for level in range(1, deepest + 1)])
        axes.set_ylim(-0.03, 1.03)
        axes.set_ylabel("share right")
        axes.grid(axis="x", visible=False)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    note = "With 95 % intervals; baselines dashed. What falls from left to right is commitment to the specific disease."
    return Plot("levels", "Share right to each level", result[0], note)
