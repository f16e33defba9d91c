"""Several samples of one case: does it know when to stop, and is it as right as it agrees with itself?"""

from __future__ import annotations

from ...metrics.calibration import Calibration
from ...metrics.selective import AT, Selective
from ...plots import Band, banded, reliability, risk_coverage
from ...tables import Cell, Table
from ..part import Part, View

_RULES = (
    "Coverage is the mean specificity of what is said, risk the share of cases told something that is neither the gold "
    "nor above it. Climbing says less and less specific concepts as agreement wanes; the flat rule says its first "
    "answer or nothing. Area: mean risk over the coverages a rule reaches; smaller is better."
)
_CALIBRATION = (
    "The share of samples that agree, against the share that is right. With few samples the error is never 0: the null "
    "is what a perfectly calibrated sampler shows on so many cases and samples, and only what exceeds its 95th "
    "percentile speaks of the model."
)


def part(view: View) -> Part | None:
    found = view.each(lambda extras: extras.selective)
    certain = view.each(lambda extras: extras.calibration)
    if not found or not certain:
        return None
    # Baselines that always say the same have curves of one point.
    drawn = [name for name in view.comparison.models if name in found][-4:]
    panels = {
        view.labels[name]: {
            "climbing": [(point.coverage, point.risk.value) for point in found[name].climbing.points],
            "first answer or nothing": [(point.coverage, point.risk.value) for point in found[name].flat.points],
        }
        for name in drawn
    }
    bins = {view.labels[name]: [(b.confidence, b.right, b.cases) for b in certain[name].bins] for name in drawn}
    errors = {
        view.labels[name]: Band(one.error.value, one.error.low, one.error.high, one.null, one.null_high)
        for name, one in certain.items()
        if name in drawn
    }
    return Part(
        "selective",
        "Knowing when to stop",
        "Does it know when to stop?",
        (
            risk_coverage("risk-coverage", "Risk over coverage", panels),
            _rules(view, found),
            reliability("reliability", "Share right over agreement", bins,
                        note="Larger dots hold more cases; on the dotted line agreement is right as often as it says."),
            banded("calibration-null", "Calibration error beside its null", errors, axis="expected calibration error",
                   note="Grey: what a calibrated sampler stays in 95 times in 100; the tick is its mean."),
            _calibrated(view, certain),
        ),
    )  # fmt: skip


def _rules(view: View, found: dict[str, Selective]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (view.labels[name], one.cases, one.samples, one.climbing.area, one.flat.area, one.area_difference,
         one.risk_difference)
        for name, one in found.items()
    ]  # fmt: skip
    columns = ("model", "cases", "samples", "area, climbing", "area, flat", "difference",
               f"risk at {AT:.0%} of the coverage, difference")  # fmt: skip
    return Table("selective", "Climbing against saying nothing", columns, tuple(rows), _RULES)


def _calibrated(view: View, found: dict[str, Calibration]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (view.labels[name], one.cases, one.samples, one.error, one.null, one.null_high,
         "beyond the null" if one.error.value > one.null_high else "within the null")
        for name, one in found.items()
    ]  # fmt: skip
    columns = ("model", "cases", "samples", "calibration error", "null, mean", "null, 95th percentile", "reading")
    return Table("calibration", "Calibration of self-consistency", columns, tuple(rows), _CALIBRATION)
