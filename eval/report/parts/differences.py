"""Paired differences, and how small a difference could have been found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan

from ...drawing import FAINT, INK, Plot, drawing
from ...headline import METRICS
from ...intervals import Difference
from ...metrics.questions import KIND
from ...tables import Cell, Table
from ..comparison import Pair
from ..part import Item, Part, View

_COLUMNS = ("pair", "metric", "difference", "smallest detectable", "reading")
COMPARED = ("reward", "h_f1", "exact", "malignancy_sensitivity")
_READING = {"higher": "higher", "lower": "lower", "open": "no difference found"}
_NOTE = (
    "Both models answer the same cases, and both are resampled together. Smallest detectable: the true difference that "
    "a comparison of this size finds four times in five."
)
_EXACT = (
    "Cases that just one of the two answers exactly, by the first reply to each. p is that of McNemar's exact test, "
    "adjusted (Holm) for the number of pairs. It takes cases as independent; where patients have several images, trust "
    "the interval."
)


def part(view: View) -> Part | None:
    pairs = view.comparison.pairs
    items: list[Item] = []
    if pairs and view.answering:
        exact = ("pair", "only the first", "only the second", "p", "p, adjusted")
        tests: list[tuple[Cell, ...]] = [
            (_named(pair, view), test.only_a, test.only_b, _p(test.p), _p(pair.adjusted))
            for pair in pairs
            for test in [pair.exact_test]
        ]
        items = [
            _forest(view),
            Table("differences", "Paired differences", _COLUMNS, _rows(view, METRICS, COMPARED), _NOTE),
            Table("exact-test", "Exact answers, case by case", exact, tuple(tests), _EXACT),
        ]
    kinds = dict.fromkeys(kind for pair in pairs for kind in pair.asked)
    if kinds:
        called = {name: name.removeprefix(KIND).replace("/", ", ") for name in kinds}
        rows = _rows(view, called, tuple(kinds))
        items.append(Table("differences-asked", "Right replies to other questions", _COLUMNS, rows, _NOTE))
    return Part("differences", "Differences", "Paired differences", tuple(items)) if items else None


def _rows(view: View, called: Mapping[str, str], metrics: Sequence[str]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        (_named(pair, view), called[metric], found, found.detectable, _reading(found))
        for pair in view.comparison.pairs
        for metric in metrics
        for found in [pair.differences[metric]]
    )


def _named(pair: Pair, view: View) -> str:
    return f"{view.labels[pair.a]} − {view.labels[pair.b]}"


def _reading(found: Difference) -> str:
    return "too few to say" if isnan(found.low) else _READING[found.verdict]


def _p(value: float) -> str:
    return "< 0.0001" if value < 0.0001 else f"{value:.4f}"


def _forest(view: View) -> Plot:
    pairs = view.comparison.pairs[::-1]
    grid = {"ncols": len(COMPARED), "sharey": True, "squeeze": False}
    with drawing("forest", 10.8, 0.95 + 0.42 * len(pairs), **grid) as (_, axes, result):
        for panel, metric in zip(axes[0], COMPARED, strict=True):
            for row, pair in enumerate(pairs):
                found = pair.differences[metric]
                colour = {"higher": "#128a6b", "lower": "#d4622a", "open": "#7f8891"}[found.verdict]
                if found.detectable == found.detectable:
                    panel.barh(row, 2 * found.detectable, left=-found.detectable, height=0.62, color=FAINT, zorder=0)
                panel.plot([found.low, found.high], [row, row], color=colour, linewidth=2.4, solid_capstyle="round")
                panel.plot(found.value, row, "o", color=colour, markersize=6)
            panel.axvline(0, color=INK, linewidth=1)
            panel.set_title(METRICS[metric], fontsize=10, loc="left")
            panel.set_ylim(-0.6, len(pairs) - 0.4)
            panel.margins(x=0.12)
            panel.spines[:].set_visible(False)
            panel.grid(visible=False)
            panel.locator_params(axis="x", nbins=4)
        axes[0][0].set_yticks(range(len(pairs)), [_named(pair, view) for pair in pairs])
    note = (
        "Difference with its 95 % interval, right of the line where the first of the pair is better. Grey band: "
        "differences too small to be found reliably with so many patients or lesions."
    )
    return Plot("forest", "Paired differences with intervals", result[0], note)
