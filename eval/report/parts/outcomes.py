"""What became of every answer: eight outcomes that exclude each other."""

from __future__ import annotations

import numpy as np

from ...drawing import Plot, drawing, readable_on
from ...outcome import Outcome
from ...tables import Cell, Table
from ..part import Part, View

COLOURS = {
    Outcome.EXACT: "#0f8a6c",
    Outcome.FINER: "#5bbd9b",
    Outcome.COARSER: "#8ab6e8",
    Outcome.WRONG_BRANCH: "#f0b44d",
    Outcome.FAR: "#e0703a",
    Outcome.UNMAPPED: "#b58fc9",
    Outcome.ABSTAINED: "#9aa3ad",
    Outcome.MALFORMED: "#6b5b73",
}
_NOTE = (
    "Finer: a descendant of the gold. Coarser: an ancestor of it. Wrong branch: another concept under a common "
    "ancestor. Far: no common ancestor. Unmapped: words that name no single concept of the release."
)


def part(view: View) -> Part | None:
    names = view.answering
    if not names:
        return None
    counted = {
        name: [sum(score.outcome is outcome for score in view.comparison.runs[name].opened) for outcome in Outcome]
        for name in names
    }
    rows: tuple[tuple[Cell, ...], ...] = tuple((view.labels[name], *counted[name]) for name in names)
    columns = ("model", *(outcome.value for outcome in Outcome))
    table = Table("outcomes", "Outcomes of open answers", columns, rows, _NOTE)
    return Part("outcomes", "Outcomes", "What became of every open answer", (_stacks(view, counted), table))


def _stacks(view: View, counted: dict[str, list[int]]) -> Plot:
    names = list(counted)[::-1]
    table = np.array([counted[name] for name in names], dtype=np.float64)
    shares = table / table.sum(axis=1, keepdims=True)
    left = np.zeros(len(names))
    with drawing("stacks", 10.4, 0.9 + 0.42 * len(names)) as (_, axes, result):
        for place, (outcome, colour) in enumerate(COLOURS.items()):
            share = shares[:, place]
            axes.barh(range(len(names)), share, left=left, color=colour, label=outcome.value, height=0.68)
            for row, (width, start) in enumerate(zip(share, left, strict=True)):
                if width >= 0.04:
                    text = f"{100 * width:.0f}"
                    axes.text(start + width / 2, row, text, ha="center", va="center", color=readable_on(colour))
            left += share
        axes.set_yticks(range(len(names)), [view.labels[name] for name in names])
        axes.set_xlim(0, 1)
        axes.set_xticks(np.linspace(0, 1, 6), [f"{value} %" for value in range(0, 101, 20)])
        axes.set_xlabel("share of open answers")
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        axes.legend(ncols=8, loc="lower left", bbox_to_anchor=(-0.01, 1.0), handlelength=0.9, columnspacing=1.1,
                    handletextpad=0.4, fontsize=9)  # fmt: skip
    return Plot("stacks", "Share of the eight outcomes for each model", result[0])
