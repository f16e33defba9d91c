"""Figures as SVG: small multiples, one quantity a panel, one colour a run."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib
import numpy as np

from .figures import Figure, Kind, Panel
from .history import Run

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # after the choice of a backend without a window
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

# Okabe and Ito's palette, without its yellow: told apart by colour-blind eyes, and on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
_INK, _MUTE, _LINE = "#1c2126", "#626d78", "#dfe2e6"
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "skin-r1",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": _INK,
    "axes.edgecolor": _LINE,
    "axes.labelcolor": _MUTE,
    "axes.titlelocation": "left",
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": _LINE,
    "grid.linewidth": 0.7,
    "xtick.color": _MUTE,
    "ytick.color": _MUTE,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
}
_WIDTH, _HEIGHT = 10.6, 2.35  # of a row of panels, inches
_ACROSS = {1: 2, 2: 2, 3: 3, 4: 4}  # panels -> places in a row; more fill rows of three
_SMOOTHED = 16  # values from which on a running mean is drawn over them


def draw(figure: Figure, runs: Sequence[Run]) -> str:
    """The figure as the text of an SVG file; the same runs, the same bytes."""
    across = _ACROSS.get(len(figure.panels), 3)
    down = -(-len(figure.panels) // across)
    with plt.rc_context(_STYLE):
        canvas, grid = plt.subplots(down, across, figsize=(_WIDTH, _HEIGHT * down), squeeze=False, layout="constrained")
        places = list(grid.flat)
        for axes, panel in zip(places, figure.panels, strict=False):
            _PAINT[panel.kind](axes, panel, runs)
            if len(runs) == 1 and panel.kind == "lines" and figure.key != "speed":
                _marks(axes, runs[0], named=panel is figure.panels[0])
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
            axes.set_xlim(0, max(row["step"] for run in runs for row in run.rows))
            if panel.percent:
                axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=_decimals(axes)))
        for kind in ("reasons", "looks"):  # side by side, so on one scale
            alike = [axes for axes, panel in zip(places, figure.panels, strict=False) if panel.kind == kind]
            ends = [axes.get_ylim() for axes in alike]
            for axes in alike:
                axes.set_ylim(min(low for low, _ in ends), max(high for _, high in ends))
        for axes in places[len(figure.panels) :]:
            axes.set_axis_off()
        for axes in places[max(0, len(figure.panels) - across) : len(figure.panels)]:
            axes.set_xlabel("step", labelpad=1)
        if len(runs) > 1 and any(panel.kind == "lines" for panel in figure.panels):
            lines = [Line2D([], [], color=_colour(place), label=run.name) for place, run in enumerate(runs)]
            canvas.legend(handles=lines, loc="outside upper left", ncols=min(len(runs), 4), handlelength=1.2)
        text = io.StringIO()
        canvas.savefig(text, format="svg", metadata={"Date": None})
        plt.close(canvas)
    return text.getvalue()


def _lines(axes: Any, panel: Panel, runs: Sequence[Run]) -> None:
    for place, run in enumerate(runs):
        steps, values = run.column(panel.column)
        _line(axes, steps, values, _colour(place), smooth=panel.smooth)
    high = axes.get_ylim()[1]
    floor = 0.0 if panel.percent else panel.floor
    if floor is not None:  # a little room, so that a line along the floor is seen
        least = min(value for run in runs for value in run.column(panel.column)[1] or [floor])
        room = 0.03 * (high - floor or 1.0)
        axes.set_ylim(min(least, floor) - room, min(high, 1.0) + room if panel.percent else high + room)
    axes.set_title(_title(panel, runs))


def _line(axes: Any, steps: Sequence[int], values: Sequence[float], colour: str, *, smooth: bool) -> None:
    if len(values) < _SMOOTHED or not smooth:
        axes.plot(steps, values, color=colour, linewidth=1.6, marker="o" if len(values) < 2 else "", markersize=4)
        return
    window = np.ones(max(3, len(values) // 10) | 1)  # odd, so that a mean stands at its step; shorter at the ends
    means = np.convolve(values, window, mode="same") / np.convolve(np.ones(len(values)), window, mode="same")
    axes.plot(steps, values, color=colour, linewidth=0.8, alpha=0.3)
    axes.plot(steps, means, color=colour, linewidth=1.8)


def _stack(axes: Any, run: Run, names: Sequence[str], labels: Sequence[str], colours: Sequence[Any]) -> None:
    steps = [row["step"] for row in run.rows if any(name in row for name in names)]
    shares = [[row.get(name) or 0.0 for row in run.rows if any(n in row for n in names)] for name in names]
    axes.stackplot(steps, shares, labels=labels, colors=colours, linewidth=0)
    handles, words = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], words[::-1], loc="upper left", bbox_to_anchor=(1.0, 1.02), handlelength=0.9)
    axes.grid(visible=False)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=_decimals(axes)))


def _levels(axes: Any, panel: Panel, runs: Sequence[Run]) -> None:
    run = _own(panel, runs)
    names = sorted(run.columns(panel.column), key=lambda name: int(name.rpartition("/")[2]))
    shades = dict(zip(names, matplotlib.colormaps["viridis_r"](np.linspace(0.0, 1.0, len(names))), strict=True))
    names = [name for name in names if any(run.column(name)[1])]
    words = [f"level {name.rpartition('/')[2]}" for name in names]
    _stack(axes, run, names, words, [shades[name] for name in names])
    axes.set_ylim(0, 1)
    axes.set_title(panel.title)


def _reasons(axes: Any, panel: Panel, runs: Sequence[Run]) -> None:
    run = _own(panel, runs)
    names = [name for name in run.columns(panel.column) if any(run.column(name)[1])]
    labels = [name.rpartition("/")[2].replace("-", " ") for name in names]
    _stack(axes, run, names, labels, [_colour(place) for place in range(len(names))])
    axes.set_ylim(0, None)
    axes.set_title(panel.title)


def _looks(axes: Any, panel: Panel, runs: Sequence[Run]) -> None:
    run = _own(panel, runs)
    for name, label, colour, style in (
        ("watch/probe_reward", "with the image", COLOURS[0], "-"),
        ("watch/blank_reward", "blank", COLOURS[1], "--"),
    ):
        steps, values = run.column(name)
        axes.plot(steps, values, color=colour, linestyle=style, linewidth=1.6, marker="o", markersize=3, label=label)
    _marks(axes, run, named=True)
    axes.legend(loc="best", handlelength=1.8)
    axes.set_title(f"reward on probes {panel.title}")


def _marks(axes: Any, run: Run, *, named: bool) -> None:
    """A dotted line where a signal began to fire."""
    fired = run.fired()
    for step in dict.fromkeys(step for step, _ in fired):
        axes.axvline(step, color=_MUTE, linewidth=0.9, linestyle=":")
        if named:
            names, place = ", ".join(name for at, name in fired if at == step), axes.get_xaxis_transform()
            axes.text(step, 0.98, names, transform=place, rotation=90, fontsize=7, color=_MUTE, ha="right", va="top")


_PAINT: dict[Kind, Callable[[Any, Panel, Sequence[Run]], None]] = {
    "lines": _lines,
    "levels": _levels,
    "reasons": _reasons,
    "looks": _looks,
}


def _own(panel: Panel, runs: Sequence[Run]) -> Run:
    return next(run for run in runs if run.name == panel.run)


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]


def _title(panel: Panel, runs: Sequence[Run]) -> str:
    """The quantity, and for one run where it came from and where it went."""
    ends = runs[0].ends(panel.column) if len(runs) == 1 else None
    if ends is None:
        return panel.title
    start, end = (_percent(value) if panel.percent else plain(value) for value in ends)
    return f"{panel.title}: {start}" if start == end else f"{panel.title}: {start} → {end}"


def plain(value: float) -> str:
    """Two or three digits that tell; thousands without an exponent."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) >= 0.01 else f"{value:.2g}"


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.1 or not share else f"{100 * share:.2g}%"


def _decimals(axes: Any) -> int:
    low, high = axes.get_ylim()
    return 0 if high - low > 0.04 else 1 if high - low > 0.004 else 2
