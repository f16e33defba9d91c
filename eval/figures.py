"""Figures of a report, each one drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from .comparison import Comparison
from .drawing import FAINT, INK, SERIES, drawing
from .score import Outcome, Score

OUTCOME_COLOURS = {
    Outcome.EXACT: "#0f8a6c",
    Outcome.FINER: "#5bbd9b",
    Outcome.COARSER: "#8ab6e8",
    Outcome.WRONG_BRANCH: "#f0b44d",
    Outcome.FAR: "#e0703a",
    Outcome.UNMAPPED: "#b58fc9",
    Outcome.ABSTAINED: "#9aa3ad",
    Outcome.MALFORMED: "#6b5b73",
}


def outcomes(comparison: Comparison, labels: Mapping[str, str]) -> str:
    """One stacked bar for each run: what became of its answers."""
    names = list(comparison.runs)[::-1]
    with drawing("outcomes", 10.4, 0.9 + 0.42 * len(names)) as (_, axes, result):
        left = np.zeros(len(names))
        for outcome in Outcome:
            ink = "white" if outcome in (Outcome.MALFORMED, Outcome.EXACT) else "#111111"
            counted = [sum(s.outcome is outcome for s in comparison.runs[name].scores) for name in names]
            share = np.array([c / len(comparison.runs[n].scores) for c, n in zip(counted, names, strict=True)])
            axes.barh(
                range(len(names)), share, left=left, color=OUTCOME_COLOURS[outcome], label=outcome.value, height=0.68
            )
            for place, (width, start) in enumerate(zip(share, left, strict=True)):
                if width >= 0.06:
                    axes.text(start + width / 2, place, f"{100 * width:.0f}", ha="center", va="center", color=ink)
            left += share
        axes.set_yticks(range(len(names)), [labels.get(name, name) for name in names])
        axes.set_xlim(0, 1)
        axes.set_xticks(np.linspace(0, 1, 6), [f"{value} %" for value in range(0, 101, 20)])
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        axes.legend(ncols=8, loc="lower left", bbox_to_anchor=(-0.01, 1.0), handlelength=0.9, columnspacing=1.1,
                    handletextpad=0.4, fontsize=9)  # fmt: skip
    return result[0]


def forest(comparison: Comparison, labels: Mapping[str, str], metrics: Mapping[str, str]) -> str:
    """Paired differences with their intervals, one panel a metric."""
    pairs = comparison.pairs[::-1]
    grid = {"ncols": len(metrics), "sharey": True, "squeeze": False}
    with drawing("forest", 10.8, 0.95 + 0.42 * len(pairs), **grid) as (_, axes, result):
        for place, (metric, title) in enumerate(metrics.items()):
            panel = axes[0][place]
            panel.axvline(0, color=INK, linewidth=1)
            for row, pair in enumerate(pairs):
                found = pair.differences[metric]
                colour = {"higher": "#128a6b", "lower": "#d4622a", "open": "#8a939c"}[found.verdict]
                panel.plot([found.low, found.high], [row, row], color=colour, linewidth=2.4, solid_capstyle="round")
                panel.plot(found.value, row, "o", color=colour, markersize=6)
            panel.set_title(title, fontsize=10, loc="left")
            panel.set_ylim(-0.6, len(pairs) - 0.4)
            panel.margins(x=0.12)
            panel.spines[:].set_visible(False)
            panel.grid(axis="y", visible=False)
            panel.locator_params(axis="x", nbins=4)
        named = [f"{labels.get(pair.a, pair.a)} − {labels.get(pair.b, pair.b)}" for pair in pairs]
        axes[0][0].set_yticks(range(len(pairs)), named)
    return result[0]


def levels(comparison: Comparison, labels: Mapping[str, str]) -> str:
    """The share of answers that are right down to each level, with intervals."""
    with drawing("levels", 4.6, 3.4) as (_, axes, result):
        for place, name in enumerate(comparison.runs):
            found = [(key, i) for key, i in comparison.metrics[name].items() if key.startswith("right_to_level_")]
            steps = np.arange(1, len(found) + 1) + 0.05 * (place - len(comparison.runs) / 2)
            value = np.array([interval.value for _, interval in found])
            spread = np.array([[i.value - i.low, i.high - i.value] for _, i in found]).T.clip(min=0)
            dash = "--" if name in comparison.baselines else "-"
            axes.errorbar(steps, value, yerr=spread, marker="o", markersize=4.5, linestyle=dash, linewidth=1.6,
                          color=SERIES[place % len(SERIES)], label=labels.get(name, name))  # fmt: skip
        deepest = max(len([k for k in m if k.startswith("right_to_level_")]) for m in comparison.metrics.values())
        axes.set_xticks(range(1, deepest + 1), [f"level {level}" for level in range(1, deepest + 1)])
        axes.set_ylim(-0.03, 1.03)
        axes.grid(axis="x", visible=False)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return result[0]


def malignancy(comparison: Comparison, labels: Mapping[str, str]) -> str:
    """Sensitivity against specificity for malignant lesions, with intervals both ways."""
    with drawing("malignancy", 4.6, 3.4) as (_, axes, result):
        axes.plot([0, 1], [1, 0], color=FAINT, linewidth=1.2)
        for place, name in enumerate(comparison.runs):
            x = comparison.metrics[name]["malignancy_specificity"]
            y = comparison.metrics[name]["malignancy_sensitivity"]
            spread = np.array([[x.value - x.low, x.high - x.value], [y.value - y.low, y.high - y.value]]).clip(min=0)
            colour = SERIES[place % len(SERIES)]
            axes.errorbar(x.value, y.value, xerr=spread[:1].T, yerr=spread[1:].T, marker="o", markersize=7,
                          linestyle="", linewidth=1.4, color=colour, label=labels.get(name, name))  # fmt: skip
        axes.set_xlim(-0.04, 1.04)
        axes.set_ylim(-0.04, 1.04)
        axes.set_xlabel("specificity")
        axes.set_ylabel("sensitivity")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return result[0]


def confusion(
    name: str, scores: Sequence[Score], order: Mapping[str, tuple[str, ...]], labels: Mapping[str, str]
) -> str:
    """Gold concepts against answered concepts, both in the order of the tree, so that near misses hug the diagonal.

    Args:
        order: for each concept its lineage as labels; concepts are sorted by it.
        labels: concept id -> label.
    """
    golds = sorted({score.gold for score in scores}, key=lambda c: order[c])
    answers = sorted({*golds, *(s.predicted for s in scores if s.predicted)}, key=lambda c: order[c])
    table = np.zeros((len(golds), len(answers) + 1))
    for score in scores:
        column = answers.index(score.predicted) if score.predicted else len(answers)
        table[golds.index(score.gold), column] += 1
    share = table / table.sum(axis=1, keepdims=True)
    colours = LinearSegmentedColormap.from_list("share", [(0.18, 0.5, 0.82, 0.0), (0.18, 0.5, 0.82, 1.0)])
    with drawing(f"confusion-{name}", 0.6 + 0.24 * len(answers), 0.4 + 0.24 * len(golds)) as (_, axes, result):
        rows, columns = np.nonzero(share)
        # Only cells that hold something are drawn: the picture stays small and the page's background shows.
        for row, column in zip(rows, columns, strict=True):
            axes.add_patch(
                Rectangle(
                    (column - 0.5, row - 0.5), 1, 1, linewidth=0, facecolor=colours(0.12 + 0.88 * share[row, column])
                )
            )
            if column < len(answers) and answers[column] == golds[row]:
                axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=INK, linewidth=0.8))
        axes.set_xlim(-0.5, len(answers) + 0.5)
        axes.set_ylim(len(golds) - 0.5, -0.5)
        axes.set_yticks(range(len(golds)), [labels[c] for c in golds], fontsize=8.5)
        named = [*(labels[c] for c in answers), "no concept"]
        axes.set_xticks(range(len(named)), named, rotation=60, ha="right", rotation_mode="anchor", fontsize=8.5)
        axes.grid(visible=True, linewidth=0.4)
    return result[0]


def curves(series: Mapping[str, Sequence[Mapping[str, float]]], labels: Mapping[str, str]) -> str:
    """Training logs over steps: one panel for each quantity that some stage logged."""
    wanted = {"loss": "loss", "reward": "mean reward", "frac_reward_zero_std": "groups without a signal",
              "completions/mean_length": "tokens a reply"}  # fmt: skip
    shown = {key: title for key, title in wanted.items() if any(key in row for log in series.values() for row in log)}
    if not shown:
        return ""
    with drawing("curves", 3.6 * len(shown), 2.5, ncols=len(shown), squeeze=False) as (figure, axes, result):
        handles: dict[str, Any] = {}
        for panel, (key, title) in zip(axes[0], shown.items(), strict=True):
            for place, (name, log) in enumerate(series.items()):
                points = [(row.get("step", at), row[key]) for at, row in enumerate(log) if key in row]
                if points:
                    (line,) = panel.plot(*zip(*points, strict=True), color=SERIES[place % len(SERIES)], linewidth=1.5)
                    handles[labels.get(name, name)] = line
            panel.set_title(title, fontsize=10, loc="left")
            panel.set_xlabel("step")
        figure.subplots_adjust(wspace=0.3)
        figure.legend(
            handles.values(), handles.keys(), loc="lower center", ncols=len(handles), bbox_to_anchor=(0.5, -0.17)
        )
    return result[0]
