"""Drawings that several experiments share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..drawing import FAINT, INK, SERIES, drawing
from .experiment import Plot
from .verdict import Spread

Points = Sequence[tuple[float, float]]


def forest(name: str, title: str, rows: Mapping[str, Spread], *, axis: str, note: str = "") -> Plot:
    """One value with its interval a row, the zero marked."""
    named = list(rows)[::-1]
    with drawing(name, 8.4, 0.7 + 0.34 * len(named)) as (_, axes, result):
        axes.axvline(0, color=INK, linewidth=1)
        for place, label in enumerate(named):
            found = rows[label]
            colour = "#128a6b" if found.low > 0 else "#d4622a" if found.high < 0 else "#8a939c"
            axes.plot([found.low, found.high], [place, place], color=colour, linewidth=2.4, solid_capstyle="round")
            axes.plot(found.value, place, "o", color=colour, markersize=6)
        axes.set_yticks(range(len(named)), named)
        axes.set_ylim(-0.6, len(named) - 0.4)
        axes.set_xlabel(axis)
        axes.margins(x=0.08)
        axes.spines[:].set_visible(False)
        axes.grid(axis="y", visible=False)
    return Plot(name, title, result[0], note)


def bars(
    name: str, title: str, groups: Mapping[str, Sequence[Spread]], series: Sequence[str], *, axis: str, note: str = ""
) -> Plot:
    """For every group one bar a series, with intervals. `groups` maps a group to its values in the series' order."""
    width = 0.8 / len(series)
    with drawing(name, 2.4 + 1.15 * len(groups) * max(1, len(series) / 2), 3.3) as (_, axes, result):
        for place, label in enumerate(series):
            value = np.array([found[place].value for found in groups.values()])
            low, high = (np.array([getattr(f[place], end) for f in groups.values()]) for end in ("low", "high"))
            at = np.arange(len(groups)) + (place - (len(series) - 1) / 2) * width
            colour = SERIES[place % len(SERIES)]
            axes.bar(at, value, width=0.92 * width, color=colour, label=label)
            spread = np.stack([value - low, high - value]).clip(min=0)
            axes.errorbar(at, value, yerr=spread, fmt="none", ecolor=INK, elinewidth=1.1)
        axes.set_xticks(range(len(groups)), list(groups))
        axes.set_ylabel(axis)
        axes.grid(axis="x", visible=False)
        if len(series) > 1:
            axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return Plot(name, title, result[0], note)


def lines(
    name: str,
    title: str,
    panels: Mapping[str, Mapping[str, Sequence[Points]]],
    *,
    axes: tuple[str, str],
    note: str = "",
) -> Plot:
    """One panel each; in it one colour a series, and a thin line for each of the series' runs.

    Args:
        axes: labels of x and y.
    """
    names = list(dict.fromkeys(label for panel in panels.values() for label in panel))
    grid = {"ncols": len(panels), "sharey": True, "squeeze": False}
    with drawing(name, 1.2 + 3.4 * len(panels), 2.9, **grid) as (figure, drawn, result):
        handles = {}
        for axis, (heading, panel) in zip(drawn[0], panels.items(), strict=True):
            for label, runs in panel.items():
                colour = SERIES[names.index(label) % len(SERIES)]
                for points in runs:
                    if points:
                        (handles[label],) = axis.plot(
                            *zip(*points, strict=True), color=colour, linewidth=1.4, alpha=0.85
                        )
            axis.set_title(heading, fontsize=10, loc="left")
            axis.set_xlabel(axes[0])
            axis.axhline(0, color=FAINT, linewidth=1)
        drawn[0][0].set_ylabel(axes[1])
        figure.legend(handles.values(), handles.keys(), loc="center left", bbox_to_anchor=(0.92, 0.5))
    return Plot(name, title, result[0], note)
