"""The icicle: the hierarchy as rectangles, as wide as the cases under a concept, coloured by recall."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import colormaps
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from ..drawing import INK, Plot, drawing, readable_on
from ..metrics.levels import Level
from .part import View

_WIDTH, _HEIGHT = 10.6, 1.06  # inches of the drawing, and of a level
_LETTER = 0.068  # inches that a letter of the size used takes at most
_STEPS = 10
_UNKNOWN = "#9aa3ad"

Block = tuple[str, int, int, int]  # concept, level, first case, cases


def icicle(name: str, levels: Sequence[Level], view: View, *, note: str = "") -> Plot:
    """
    Args:
        levels: of `metrics.extras`, the recall of every concept.
    """
    recall = {node.concept: node.recall.value for level in levels for node in level.nodes}
    golds = {score.case_id: score.gold for score in view.comparison.runs[name].opened}
    blocks = layout([view.knowledge.lineage(gold) for gold in golds.values()], view)
    deepest = max(level for _, level, _, _ in blocks)
    with drawing(f"icicle-{name}", _WIDTH, _HEIGHT * deepest + 0.5) as (_, axes, result):
        for concept, level, first, cases in blocks:
            _block(
                axes, (first / len(golds), level - 1), cases / len(golds), view.concept(concept), recall.get(concept)
            )
        _legend(axes, deepest)
        axes.set_xlim(0, 1)
        axes.set_ylim(deepest + 0.5 / _HEIGHT, 0)
        axes.set_axis_off()
        axes.set_position((0, 0, 1, 1))
    return Plot(f"icicle-{name}", f"Recall of every concept, {view.labels[name]}", result[0], note)


def layout(lineages: Sequence[tuple[str, ...]], view: View) -> list[Block]:
    """Where every concept stands, from the lineages of the cases; siblings in the order of their labels."""
    blocks: list[Block] = []

    def place(members: Sequence[tuple[str, ...]], level: int, first: int) -> None:
        counted = Counter(lineage[level] for lineage in members if len(lineage) > level)
        for concept in sorted(counted, key=view.concept):
            blocks.append((concept, level + 1, first, counted[concept]))
            place([lineage for lineage in members if lineage[level : level + 1] == (concept,)], level + 1, first)
            first += counted[concept]

    place(lineages, 0, 0)
    return blocks


def _colour(recall: float | None) -> str:
    """Ten steps of a scale that is read without seeing red or green."""
    if recall is None or recall != recall:
        return _UNKNOWN
    return to_hex(colormaps["viridis"]((min(int(recall * _STEPS), _STEPS - 1) + 0.5) / _STEPS))


def _block(axes: Any, corner: tuple[float, float], width: float, label: str, recall: float | None) -> None:
    colour = _colour(recall)
    axes.add_patch(Rectangle(corner, width, 0.97, facecolor=colour, edgecolor="#ffffff", linewidth=0.8))
    inches = width * _WIDTH
    share = "" if recall is None or recall != recall else f"{100 * recall:.0f} %"
    style: Mapping[str, Any] = {"ha": "center", "va": "center", "color": readable_on(colour), "fontsize": 8}
    middle = (corner[0] + width / 2, corner[1] + 0.485)
    letters = int((inches - 0.1) / _LETTER)
    wrapped = textwrap.wrap(label, letters) if letters >= 4 else []
    if wrapped and len(wrapped) <= 4 and max(map(len, wrapped)) <= letters:
        axes.text(*middle, "\n".join([*wrapped, share]), **style)
    elif inches >= 0.2:
        text = f"{label}  {share}"
        fits = int((0.97 * _HEIGHT - 0.1) / _LETTER)
        axes.text(*middle, text if len(text) <= fits else share, rotation=90, **style)


def _legend(axes: Any, deepest: int) -> None:
    top, height, width = deepest + 0.22, 0.13, 0.03
    axes.text(0, top + height / 2, "recall  0 %", ha="left", va="center", fontsize=8.5, color=INK)
    for step in range(_STEPS):
        axes.add_patch(Rectangle((0.085 + step * width, top), width, height, facecolor=_colour(step / _STEPS)))
    axes.text(0.09 + _STEPS * width, top + height / 2, "100 %", ha="left", va="center", fontsize=8.5, color=INK)
