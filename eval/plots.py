"""Drawings that reports and experiments share: values with their intervals, and lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .drawing import FAINT, INK, SERIES, Plot, drawing, mark
from .intervals import Spread

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
                axes.plot(one.value, at, markersize=6, **mark(series.index(label)))
        for place, label in enumerate(series):
            axes.plot([], [], linestyle="none", label=label, **mark(place))
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


@dataclass(frozen=True, slots=True)
class Band:
    """A value with its interval (NaN for none), and what it would be if there were nothing to find."""

    value: float
    low: float
    high: float
    null: float
    null_high: float


def banded(name: str, title: str, rows: Mapping[str, Band], *, axis: str, note: str = "") -> Plot:
    """One value a row beside its null: a grey band from 0 to `null_high`, a tick at `null`."""
    named = list(rows)[::-1]
    with drawing(name, 8.4, 0.7 + 0.34 * len(named)) as (_, axes, result):
        for place, label in enumerate(named):
            found = rows[label]
            colour = SERIES[1] if found.value > found.null_high else SERIES[0]
            axes.barh(place, found.null_high, height=0.62, color=FAINT, zorder=0)
            axes.plot([found.null, found.null], [place - 0.31, place + 0.31], color=INK, linewidth=1)
            axes.plot([found.low, found.high], [place, place], color=colour, linewidth=1.6)
            axes.plot(found.value, place, "o", color=colour, markersize=6)
        axes.set_yticks(range(len(named)), named)
        axes.set_ylim(-0.6, len(named) - 0.4)
        axes.set_xlim(left=0)
        axes.set_xlabel(axis)
        axes.spines[:].set_visible(False)
        axes.grid(axis="y", visible=False)
    return Plot(name, title, result[0], note)
