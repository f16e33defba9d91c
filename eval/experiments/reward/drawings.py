"""The reward experiment's plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...drawing import FAINT, INK, SERIES, Plot, drawing
from .threshold import Switch, Threshold

if TYPE_CHECKING:
    from .reading import Measured

_TITLES = {"none": "expected reward (scale_rewards = none)", "group": "divided by the group's spread (GRPO)"}


def switches(found: Sequence[Sequence[Switch]]) -> Plot:
    """The paper's reward: how often the leaf is named at each odds, a colour a depth, a thin line a seed."""
    rows = [[s for s in row if s.shape == "paper"] for row in found]
    depths = sorted({s.depth for s in rows[0]})
    with drawing("switches", 9.6, 3.3, ncols=2, sharey=True) as (figure, axes, result):
        for panel, (scale, title) in zip(axes, _TITLES.items(), strict=True):
            for place, depth in enumerate(depths):
                colour = SERIES[place]
                for row in rows:
                    for one in row:
                        if (one.scale, one.depth) == (scale, depth):
                            panel.plot(one.chances, one.commits, color=colour, linewidth=1.3, alpha=0.8)
                            panel.axvline(one.theory, color=colour, linewidth=1, linestyle=":")
                panel.plot([], [], color=colour, label=f"D = {depth}, (D − 1) / D = {(depth - 1) / depth:.2f}")
            panel.axhline(0.5, color=INK, linewidth=0.8)
            panel.set_title(title, fontsize=10, loc="left")
            panel.set_xlabel("P(leaf | parent)")
            panel.set_ylim(-0.03, 1.03)
        axes[0].set_ylabel("leaf, among leaf and parent")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.subplots_adjust(wspace=0.08)
        figure.legend(handles, labels, loc="center left", bbox_to_anchor=(0.91, 0.5))
    note = (
        "Dotted: the threshold of the reward. Left, training follows the expected reward and switches there. Right, "
        "each group's advantages are divided by their standard deviation, and the switch moves towards 1/2."
    )
    return Plot("switches", "When the paper's reward commits to the leaf", result[0], note)


def trade(measured: Sequence[Measured]) -> Plot:
    """Exact against right at some level: a colour a shape, a mark a prompt, full weights only."""
    top = max(one.setting.granularity for one in measured)
    shown = [
        one
        for one in measured
        if one.setting.condition == 0.25 and one.setting.granularity in (0.0, top) and one.setting.scale == "none"
    ]
    shapes = list(dict.fromkeys(one.setting.shape for one in shown))
    marks = {"specific": "^", "neutral": "o", "may-defer": "s"}
    with drawing("trade", 6.4, 4.0) as (_, axes, result):
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1.2)
        for one in shown:
            colour = SERIES[shapes.index(one.setting.shape)]
            x, y = one.learned["h_correct"], one.learned["exact"]
            axes.plot(x.value, y.value, marks[one.setting.prompt], color=colour, markersize=7)
            axes.plot(one.best["h_correct"], one.best["exact"], "+", color=colour, markersize=9, markeredgewidth=1.6)
        for place, shape in enumerate(shapes):
            axes.plot([], [], "o", color=SERIES[place], label=shape)
        for prompt, mark in marks.items():
            axes.plot([], [], mark, color=INK, linestyle="", label=prompt)
        axes.plot([], [], "+", color=INK, linestyle="", label="best reply")
        axes.set_xlabel("right at some level")
        axes.set_ylabel("exact")
        axes.set_xlim(-0.03, 1.03)
        axes.set_ylim(-0.03, 1.03)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    note = (
        "Learned without dividing by the group's spread, condition .25. A reply on the diagonal is exact whenever it "
        "is right. Crosses: the replies with the largest expected reward."
    )
    return Plot("trade", "Exact, or safely coarse", result[0], note)


def thresholds(real: Mapping[str, Sequence[Threshold]]) -> Plot:
    """How many leaves of the release ask for how much certainty."""
    with drawing("thresholds", 6.4, 2.8) as (_, axes, result):
        edges = np.linspace(0, 1, 41)
        for place, (name, rows) in enumerate(real.items()):
            axes.hist([row.value for row in rows], bins=edges.tolist(), histtype="step", linewidth=1.8,
                      color=SERIES[place], label=name)  # fmt: skip
        axes.set_xlabel("P(leaf | parent) above which the leaf earns more")
        axes.set_ylabel("leaves")
        axes.grid(axis="x", visible=False)
        axes.legend(loc="upper left")
    return Plot("thresholds", "What the release's own depths ask for", result[0])
