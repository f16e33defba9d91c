"""Drawings of experiments that ask finished models further questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..drawing import FAINT, INK, SERIES, drawing
from .experiment import Plot
from .verdict import Spread


def dumbbells(
    name: str,
    title: str,
    rows: Mapping[str, Mapping[str, Spread]],
    *,
    axis: str,
    chance: float | None = None,
    note: str = "",
) -> Plot:
    """One line a row, with a dot and its interval for each thing measured there; `chance` is a dotted line."""
    series = list(dict.fromkeys(label for row in rows.values() for label in row))
    named = list(rows)[::-1]
    with drawing(name, 8.4, 0.9 + 0.46 * len(named)) as (_, axes, result):
        if chance is not None:
            axes.axvline(chance, color=INK, linewidth=1, linestyle=":")
        for place, row in enumerate(named):
            found = rows[row]
            values = [one.value for one in found.values() if one.value == one.value]
            if values:
                axes.plot([min(values), max(values)], [place, place], color=FAINT, linewidth=3, zorder=1)
            for label, one in found.items():
                at = place - 0.13 * (series.index(label) - (len(series) - 1) / 2)
                colour = SERIES[series.index(label) % len(SERIES)]
                axes.plot([one.low, one.high], [at, at], color=colour, linewidth=1.2)
                axes.plot(one.value, at, "o", color=colour, markersize=6)
        for place, label in enumerate(series):
            axes.plot([], [], "o", color=SERIES[place % len(SERIES)], label=label)
        axes.set_yticks(range(len(named)), named)
        axes.set_ylim(-0.6, len(named) - 0.4)
        axes.set_xlabel(axis)
        axes.margins(x=0.05)
        axes.spines[:].set_visible(False)
        axes.grid(axis="y", visible=False)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return Plot(name, title, result[0], note)


def risk_coverage(
    name: str, title: str, panels: Mapping[str, Mapping[str, Sequence[tuple[float, float]]]], *, note: str = ""
) -> Plot:
    """Risk over coverage, one panel each, one line a rule."""
    with drawing(name, 1.6 + 3.4 * len(panels), 3.2, ncols=len(panels), sharey=True, squeeze=False) as (
        figure,
        drawn,
        result,
    ):
        handles = {}
        for axes, (heading, rules) in zip(drawn[0], panels.items(), strict=True):
            for place, (rule, points) in enumerate(rules.items()):
                (handles[rule],) = axes.plot(
                    *zip(*points, strict=True), color=SERIES[place], linewidth=1.6, marker="o", markersize=3
                )
            axes.set_title(heading, fontsize=10, loc="left")
            axes.set_xlabel("coverage (mean specificity)")
            axes.set_xlim(left=0)
            axes.set_ylim(bottom=-0.02)
        drawn[0][0].set_ylabel("risk (share of cases told something wrong)")
        figure.legend(handles.values(), handles.keys(), loc="center left", bbox_to_anchor=(0.92, 0.5))
    return Plot(name, title, result[0], note)


def reliability(
    name: str, title: str, panels: Mapping[str, Sequence[tuple[float, float, int]]], *, note: str = ""
) -> Plot:
    """Share that is right over confidence, one panel each; points are (confidence, right, cases)."""
    with drawing(name, 1.0 + 3.0 * len(panels), 3.0, ncols=len(panels), sharey=True, squeeze=False) as (
        _,
        drawn,
        result,
    ):
        for axes, (heading, points) in zip(drawn[0], panels.items(), strict=True):
            axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":")
            most = max((cases for *_, cases in points), default=1)
            for confidence, right, cases in points:
                axes.plot(confidence, right, "o", color=SERIES[0], markersize=3 + 9 * (cases / most) ** 0.5, alpha=0.85,
                          clip_on=False)  # fmt: skip
            axes.set_title(heading, fontsize=10, loc="left")
            axes.set_xlabel("share of samples that agree")
            axes.set_xlim(-0.03, 1.03)
            axes.set_ylim(-0.03, 1.03)
        drawn[0][0].set_ylabel("share right")
    return Plot(name, title, result[0], note)
