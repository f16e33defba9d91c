"""Who is taken for whom, both ways in the order of the tree, so that near misses hug the diagonal."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from ...drawing import INK, Plot, drawing
from ..part import Fold, Part, View

_LEAD = (
    "Rows are gold concepts, columns answers, both in the order of the hierarchy, so that near misses lie beside the "
    "outlined diagonal. A stronger colour means more of the row."
)


def part(view: View) -> Part | None:
    names = [n for n in view.answering if any(score.predicted for score in view.comparison.runs[n].opened)]
    if not names:
        return None
    folds = tuple(Fold(view.labels[name], (_confusion(name, view),), shown=name == view.last) for name in names)
    return Part("confusion", "Confusion", "Who is taken for whom", folds, (_LEAD,))


def _confusion(name: str, view: View) -> Plot:
    scores = view.comparison.runs[name].opened
    golds = sorted({score.gold for score in scores}, key=view.order)
    answers = sorted({*golds, *(s.predicted for s in scores if s.predicted)}, key=view.order)
    table = np.zeros((len(golds), len(answers) + 1))
    for score in scores:
        column = answers.index(score.predicted) if score.predicted else len(answers)
        table[golds.index(score.gold), column] += 1
    share = table / table.sum(axis=1, keepdims=True)
    colours = LinearSegmentedColormap.from_list("share", [(0.18, 0.5, 0.82, 0.0), (0.18, 0.5, 0.82, 1.0)])
    with drawing(f"confusion-{name}", 0.8 + 0.34 * len(answers), 0.6 + 0.34 * len(golds)) as (_, axes, result):
        # Only cells that hold something are drawn: the picture stays small and the page's background shows.
        for row, column in zip(*np.nonzero(share), strict=True):
            corner, colour = (column - 0.5, row - 0.5), colours(0.12 + 0.88 * share[row, column])
            axes.add_patch(Rectangle(corner, 1, 1, linewidth=0, facecolor=colour))
            if column < len(answers) and answers[column] == golds[row]:
                axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=INK, linewidth=0.8))
        axes.set_xlim(-0.5, len(answers) + 0.5)
        axes.set_ylim(len(golds) - 0.5, -0.5)
        axes.set_yticks(range(len(golds)), [view.concept(c) for c in golds], fontsize=8.5)
        named = [*map(view.concept, answers), "no concept"]
        axes.set_xticks(range(len(named)), named, rotation=60, ha="right", rotation_mode="anchor", fontsize=8.5)
        axes.grid(visible=True, linewidth=0.4)
    return Plot(f"confusion-{name}", f"Confusion of {view.labels[name]}", result[0])
