"""Groups of people and of lesions: each with its interval, and whether the gap is more than chance makes."""

from __future__ import annotations

from math import isfinite

from ...drawing import INK, SERIES, Plot, drawing, mark
from ...metrics.fairness import METRICS, SMALLEST, Fairness
from ...plots import Band, banded
from ...tables import Cell, Table
from ..part import Fold, Part, View

_NOUNS = {"exact": "exact answers", "h_f1_macro": "hierarchical F", "malignancy_sensitivity": "malignant: sensitivity"}
_SIGNIFICANT = 0.05
_GAPS = (
    "Gap: the largest value minus the smallest. The null deals the labels anew over patients: its mean is what groups "
    "of these sizes differ by with no true gap, its 95th percentile what they differ by one time in twenty. p is "
    f"adjusted (Holm) for the number of gaps. Groups under {SMALLEST} cases are shown and make no gap."
)
_CAUTION = "A gap by site or age may be a gap between diseases, which sites and ages have in different shares."


def part(view: View) -> Part | None:
    found = view.each(lambda extras: extras.fairness)
    if not found:
        return None
    own = found.get(view.last) or next(iter(found.values()))
    attributes = list(dict.fromkeys(one.attribute for one in own))
    gaps = {
        f"{_said(one.attribute)}, {_NOUNS[one.metric]}": Band(
            one.gap.value, float("nan"), float("nan"), one.gap.null, one.gap.null_high
        )
        for one in own
        if isfinite(one.gap.value)
    }
    plots = [_groups(view, found, attribute) for attribute in attributes]
    band = (
        banded("gaps", f"Gaps of {view.labels[view.last]} beside their null", gaps, axis="largest minus smallest",
               note="Grey: gaps that chance alone stays in 95 times in 100; the tick is their mean."),
    )  # fmt: skip
    items = (*plots, *(band if gaps else ()), _gaps(view, found), Fold("Every group", (_members(view, found),)))
    return Part("fairness", "Groups", "Groups of people and of lesions", items, (_sentence(own), _CAUTION))


def _said(attribute: str) -> str:
    return attribute.replace("_group", " pairs").replace("fitzpatrick", "Fitzpatrick")


def _sentence(found: tuple[Fairness, ...]) -> str:
    """What the last model's gaps say, in words."""
    known = [one for one in found if one.gap.worst]
    if not known:
        return f"No attribute has two groups of {SMALLEST} cases, so no gap is computed."
    beyond = [one for one in known if one.gap.adjusted < _SIGNIFICANT]
    if beyond:
        told = "; ".join(
            f"{_said(one.attribute)}, {_NOUNS[one.metric]}: {one.gap.worst} is worst, {one.gap.value:.3f} below the "
            f"best, where chance alone makes {one.gap.null:.3f} on average (adjusted p {one.gap.adjusted:.3f})"
            for one in beyond
        )
        return f"More than chance makes: {told}."
    first = min(known, key=lambda one: (one.gap.p, -one.gap.value))
    return (
        f"Of {len(known)} gaps none is clearly more than chance makes. The least likely, {_said(first.attribute)}, "
        f"{_NOUNS[first.metric]}, is {first.gap.value:.3f} (worst: {first.gap.worst}); with no true gap, groups of "
        f"these sizes differ by {first.gap.null:.3f} on average and by more than {first.gap.null_high:.3f} one time in "
        f"twenty (adjusted p {first.gap.adjusted:.3f})."
    )


def _groups(view: View, found: dict[str, tuple[Fairness, ...]], attribute: str) -> Plot:
    """A panel a metric: the last two models' values in every group, the worst ringed."""
    names = [name for name in view.comparison.models[-2:] if name in found]
    own = {(name, one.metric): one for name in names for one in found[name] if one.attribute == attribute}
    metrics = [metric for metric in METRICS if any((name, metric) in own for name in names)]
    labels = sorted({member.label for one in own.values() for member in one.members})[::-1]
    grid = {"ncols": len(metrics), "sharey": True, "squeeze": False}
    with drawing(f"groups-{attribute}", 1.0 + 2.9 * len(metrics), 0.9 + 0.42 * len(labels), **grid) as (
        figure,
        axes,
        result,
    ):
        for panel, metric in zip(axes[0], metrics, strict=True):
            for place, name in enumerate(names):
                one = own.get((name, metric))
                for member in one.members if one else ():
                    at = labels.index(member.label) - 0.16 * (place - (len(names) - 1) / 2)
                    value, colour = member.value, SERIES[place]
                    panel.plot([value.low, value.high], [at, at], color=colour, linewidth=1.4)
                    panel.plot(value.value, at, markersize=6, **mark(place))
                    if one and member.label == one.gap.worst:
                        panel.plot(value.value, at, "o", markersize=12, markerfacecolor="none", color=INK)
            panel.set_title(_NOUNS[metric], fontsize=10, loc="left")
            panel.set_xlim(-0.03, 1.03)
            panel.spines[:].set_visible(False)
            panel.grid(axis="y", visible=False)
        axes[0][0].set_yticks(range(len(labels)), labels)
        axes[0][0].set_ylim(-0.6, len(labels) - 0.4)
        for place, name in enumerate(names):
            axes[0][0].plot([], [], linestyle="none", label=view.labels[name], **mark(place))
        figure.legend(loc="center left", bbox_to_anchor=(0.92, 0.5))
    title = f"By {_said(attribute)}"
    return Plot(f"groups-{attribute}", title, result[0], f"{title}, with 95 % intervals. Ringed: the worst group.")


def _gaps(view: View, found: dict[str, tuple[Fairness, ...]]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (view.labels[name], _said(one.attribute), _NOUNS[one.metric], one.gap.worst, one.gap.value, one.gap.null,
         one.gap.null_high, one.gap.adjusted)
        for name, every in found.items()
        for one in every
        if one.gap.worst
    ]  # fmt: skip
    columns = ("model", "groups", "metric", "worst", "gap", "null, mean", "null, 95th percentile", "p, adjusted")
    return Table("gaps", "Gaps beside their null", columns, tuple(rows), _GAPS)


def _members(view: View, found: dict[str, tuple[Fairness, ...]]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (view.labels[name], _said(one.attribute), _NOUNS[one.metric], member.label, member.cases, member.value)
        for name, every in found.items()
        for one in every
        for member in one.members
    ]
    return Table("groups", "Every group", ("model", "groups", "metric", "group", "cases", "value"), tuple(rows))
