"""Several scored runs side by side, in numbers: metrics, what else was measured, paired differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kg_service.core.case import Case
from kg_service.core.errors import ConfigInvalid
from kg_service.core.knowledge import Knowledge

from ..intervals import Difference, Interval, McNemar, holm, mcnemar, none, paired
from ..metrics import Extras, asked, extras, measure, ratios
from ..metrics.questions import KIND
from ..outcome import Outcome
from .reading import Run, check_comparable

SUMMARY = (
    "reward",
    "format_rate",
    "exact",
    "h_f1",
    "h_precision",
    "h_recall",
    "h_f1_macro",
    "balanced_accuracy",
    "condition_accuracy",
    "malignancy_sensitivity",
    "malignancy_specificity",
    "severity",
    "malformed_rate",
    "cut_rate",
    "degenerate_rate",
)


@dataclass(frozen=True)
class Pair:
    """Model `a` against model `b` on the same cases. `adjusted` is the exact test's p over all pairs (Holm).

    `differences` are by metric; those of questions with options are named as `metrics.questions.kind` names them.
    """

    a: str
    b: str
    differences: dict[str, Difference]
    exact_test: McNemar
    adjusted: float

    @property
    def asked(self) -> dict[str, Difference]:
        """The differences on questions besides the open one, by their kind."""
        return {name: one for name, one in self.differences.items() if name.startswith(KIND)}


@dataclass(frozen=True)
class Comparison:
    """Everything a report says in numbers. `baselines` names the runs that are not models."""

    runs: dict[str, Run]
    baselines: tuple[str, ...]
    metrics: dict[str, dict[str, Interval]]
    extras: dict[str, Extras]
    pairs: tuple[Pair, ...]
    primary: str

    @property
    def models(self) -> list[str]:
        return [name for name in self.runs if name not in self.baselines]


def compare(
    runs: Sequence[Run],
    cases: Sequence[Case],
    knowledge: Knowledge,
    *,
    pairs: Sequence[tuple[str, str]] = (),
    baselines: Sequence[str] = (),
    primary: str = "reward",
    resamples: int = 2000,
    seed: int = 0,
    across_releases: bool = False,
) -> Comparison:
    """Metrics and extras of every run, and the paired differences asked for.

    Args:
        cases: those the runs are about, and perhaps more.

    Raises:
        ConfigInvalid: see `check_comparable`; or a pair names a run that is not there.
    """
    check_comparable(runs, across_releases=across_releases)
    by_name = {run.name: run for run in runs}
    for pair in pairs:
        if not set(pair) <= by_name.keys():
            raise ConfigInvalid(
                f"the pair {' - '.join(pair)} names a run that is not there; there are {', '.join(by_name)}"
            )
    how = {"resamples": resamples, "seed": seed}
    return Comparison(
        by_name,
        tuple(baselines),
        {run.name: measure(run.scores, knowledge, **how) for run in runs},
        {run.name: extras(run.scores, cases, knowledge, **how) for run in runs},
        _pairs(by_name, knowledge, pairs, **how),
        primary,
    )


def _pairs(
    runs: dict[str, Run], knowledge: Knowledge, pairs: Sequence[tuple[str, str]], *, resamples: int, seed: int
) -> tuple[Pair, ...]:
    named = dict.fromkeys(sum(pairs, ()))
    columns = {name: {**ratios(runs[name].scores, knowledge), **asked(runs[name].scores)} for name in named}
    right = {
        name: [score.outcome is Outcome.EXACT for score in runs[name].opened if score.sample == 0] for name in columns
    }
    tests = {pair: mcnemar(right[pair[0]], right[pair[1]]) for pair in pairs}
    adjusted = holm({f"{a}-{b}": test.p for (a, b), test in tests.items()})
    found: list[Pair] = []
    for a, b in pairs:
        groups = [score.group for score in runs[a].scores]
        differences = paired(columns[a], columns[b], groups, resamples=resamples, seed=seed)
        found.append(Pair(a, b, differences, tests[a, b], adjusted[f"{a}-{b}"]))
    return tuple(found)


def summary(comparison: Comparison) -> dict[str, Any]:
    """The `models`, `baselines` and `paired` tables of `summary.json`; what is not a number is null."""
    return {
        "models": {name: _row(comparison, name) for name in comparison.models},
        "baselines": {name: _row(comparison, name) for name in comparison.baselines},
        "paired": {f"{pair.a}-{pair.b}": _difference(comparison, pair) for pair in comparison.pairs},
    }


def _row(comparison: Comparison, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for metric, interval in comparison.metrics[name].items():
        if summed(metric):
            found[metric] = none(interval.value)
            found[f"{metric}_ci"] = [none(interval.low), none(interval.high)]
    opened = comparison.runs[name].opened
    codes = sorted({score.malformed for score in opened if score.malformed})
    return {
        **found,
        "rows": len(opened),
        "outcomes": {outcome.value: sum(score.outcome is outcome for score in opened) for outcome in Outcome},
        "malformed_by_code": {code: comparison.metrics[name][f"malformed_{code}"].value for code in codes},
        "extras": comparison.extras[name].as_json(),
    }


def _difference(comparison: Comparison, pair: Pair) -> dict[str, Any]:
    shown = {metric: one.as_json() for metric, one in pair.differences.items() if summed(metric)}
    shown |= {kind: one.as_json() for kind, one in pair.asked.items()}
    test = pair.exact_test
    exact = {"only_a": test.only_a, "only_b": test.only_b, "p": test.p, "p_holm": pair.adjusted}
    return {**shown[comparison.primary], "metric": comparison.primary, "metrics": shown, "mcnemar_exact": exact}


def summed(metric: str) -> bool:
    """Whether a metric of the open answers stands in `summary.json`."""
    return metric in SUMMARY or metric.startswith("right_to_level_")
