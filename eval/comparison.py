"""Several scored runs side by side: are they comparable at all, and what does the comparison say in words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg_service.core.errors import ConfigInvalid, RecordInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.job import read_jsonl

from .intervals import Difference, Interval, McNemar, mcnemar, none, paired
from .metrics import Ratio, measure, ratios
from .prediction import Prediction
from .score import Outcome, Score

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
)


@dataclass(frozen=True)
class Run:
    """One model's finished score run."""

    name: str
    manifest: dict[str, Any]
    scores: tuple[Score, ...]
    replies: Mapping[tuple[str, int], str]

    @property
    def keys(self) -> tuple[tuple[str, int], ...]:
        return tuple((score.case_id, score.sample) for score in self.scores)


@dataclass(frozen=True)
class Pair:
    """Model `a` against model `b` on the same cases."""

    a: str
    b: str
    differences: dict[str, Difference]
    exact_test: McNemar


@dataclass(frozen=True)
class Comparison:
    """Everything a report says in numbers. `baselines` names the runs that are not models."""

    runs: dict[str, Run]
    baselines: tuple[str, ...]
    metrics: dict[str, dict[str, Interval]]
    pairs: tuple[Pair, ...]
    primary: str

    @property
    def models(self) -> list[str]:
        return [name for name in self.runs if name not in self.baselines]


def read_run(folder: Path) -> Run:
    """A score run directory.

    Raises:
        RecordInvalid: it is unfinished, or its predictions have gone.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecordInvalid(f"{folder} is no finished score run ({error}); run `python -m eval score` first") from error
    scores = tuple(sorted(read_jsonl(folder / "scores.jsonl", Score), key=lambda s: (s.case_id, s.sample)))
    predictions = Path(manifest["config"]["predictions"])
    replies = {(row.case_id, row.sample): row.reply for row in read_jsonl(predictions, Prediction)}
    return Run(manifest["model"], manifest, scores, replies)


def check_comparable(runs: Sequence[Run], *, across_releases: bool = False) -> None:
    """Refuse to set side by side what was measured with different rulers.

    Raises:
        ConfigInvalid: two runs have one name, another reward, other cases, or (unless told) another release.
    """
    first, *others = runs
    names = [run.name for run in runs]
    if len(set(names)) < len(names):
        raise ConfigInvalid(f"two runs have one name ({', '.join(names)}); predict them under different names")
    for run in others:
        for key, what in (("digest", "release"), ("spec_digest", "reward specification")):
            if run.manifest[key] != first.manifest[key] and not (key == "digest" and across_releases):
                allow = "" if key == "spec_digest" else " To compare all the same, set across_releases=true."
                raise ConfigInvalid(
                    f"{first.name} and {run.name} were scored with a different {what} ({first.manifest[key][:19]}… and "
                    f"{run.manifest[key][:19]}…), so their numbers do not compare. Score both again with one.{allow}"
                )
        if run.keys != first.keys:
            raise ConfigInvalid(
                f"{first.name} ({len(first.keys)} rows) and {run.name} ({len(run.keys)} rows) were not asked about the "
                "same cases; predict both on the same cases file and splits"
            )


def compare(
    runs: Sequence[Run],
    knowledge: Knowledge,
    *,
    pairs: Sequence[tuple[str, str]] = (),
    baselines: Sequence[str] = (),
    primary: str = "reward",
    resamples: int = 2000,
    seed: int = 0,
    across_releases: bool = False,
) -> Comparison:
    """Metrics of every run and the paired differences asked for.

    Raises:
        ConfigInvalid: see `check_comparable`; or a pair names a run that is not there.
    """
    check_comparable(runs, across_releases=across_releases)
    by_name = {run.name: run for run in runs}
    columns: dict[str, dict[str, Ratio]] = {run.name: ratios(run.scores, knowledge) for run in runs}
    found: list[Pair] = []
    for a, b in pairs:
        if a not in by_name or b not in by_name:
            raise ConfigInvalid(f"the pair {a} - {b} names a run that is not there; there are {', '.join(by_name)}")
        groups = [score.group for score in by_name[a].scores]
        right = [[score.outcome is Outcome.EXACT for score in by_name[name].scores] for name in (a, b)]
        differences = paired(columns[a], columns[b], groups, resamples=resamples, seed=seed)
        found.append(Pair(a, b, differences, mcnemar(*right)))
    metrics = {run.name: measure(run.scores, knowledge, resamples=resamples, seed=seed) for run in runs}
    return Comparison(by_name, tuple(baselines), metrics, tuple(found), primary)


def summary(comparison: Comparison) -> dict[str, Any]:
    """The `models`, `baselines` and `paired` tables of `summary.json`; what is not a number is null."""

    def row(name: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for metric, interval in comparison.metrics[name].items():
            if metric in SUMMARY or metric.startswith("right_to_level_"):
                found[metric] = none(interval.value)
                found[f"{metric}_ci"] = [none(interval.low), none(interval.high)]
        counted = dict.fromkeys((outcome.value for outcome in Outcome), 0)
        for score in comparison.runs[name].scores:
            counted[score.outcome.value] += 1
        codes = sorted({score.malformed for score in comparison.runs[name].scores if score.malformed})
        malformed = {code: comparison.metrics[name][f"malformed_{code}"].value for code in codes}
        return {**found, "rows": len(comparison.runs[name].scores), "outcomes": counted, "malformed_by_code": malformed}

    def difference(pair: Pair) -> dict[str, Any]:
        shown = {m: d.as_json() for m, d in pair.differences.items() if m in SUMMARY or m.startswith("right_to_level_")}
        exact = {"only_a": pair.exact_test.only_a, "only_b": pair.exact_test.only_b, "p": pair.exact_test.p}
        return {**shown[comparison.primary], "metric": comparison.primary, "metrics": shown, "mcnemar_exact": exact}

    return {
        "models": {name: row(name) for name in comparison.models},
        "baselines": {name: row(name) for name in comparison.baselines},
        "paired": {f"{pair.a}-{pair.b}": difference(pair) for pair in comparison.pairs},
    }


def verdicts(comparison: Comparison, labels: Mapping[str, str]) -> list[str]:
    """One sentence for each pair, the last of the pairs' models first named."""
    return [_verdict(comparison, pair, labels) for pair in comparison.pairs]


_NOUNS = {
    "reward": "mean reward",
    "h_f1": "hierarchical F",
    "exact": "exact answers",
    "balanced_accuracy": "balanced accuracy",
}


def _verdict(comparison: Comparison, pair: Pair, labels: Mapping[str, str]) -> str:
    a, b = labels.get(pair.a, pair.a), labels.get(pair.b, pair.b)
    metric = comparison.primary
    difference = pair.differences[metric]
    left, right = (comparison.metrics[name][metric].value for name in (pair.a, pair.b))
    noun = _NOUNS.get(metric, metric)
    span = f"difference {difference.value:+.3f}, 95 % interval {difference.low:+.3f} to {difference.high:+.3f}"
    if difference.verdict == "open":
        return (
            f"No difference found between {a} and {b}: {noun} {left:.3f} against {right:.3f} ({span}; "
            f"a true difference of {difference.detectable:.3f} would have been found four times in five)."
        )
    word = "better" if difference.verdict == "higher" else "worse"
    return f"{a} is {word} than {b}: {noun} {left:.3f} against {right:.3f} ({span})."


def caveats(comparison: Comparison, labels: Mapping[str, str]) -> list[str]:
    """What the numbers must not be taken for, derived from the numbers themselves."""
    found: list[str] = []
    for pair in comparison.pairs:
        a, b = labels.get(pair.a, pair.a), labels.get(pair.b, pair.b)
        exact, coarse = pair.differences["exact"], pair.differences.get("right_to_level_2")
        if coarse and exact.low > 0.05 and abs(coarse.value) < 0.5 * exact.value:
            found.append(
                f"Most of what {a} gains over {b} in exact answers ({exact.value:+.3f}) is commitment to the specific "
                f"disease, not better sight: right to level 2 it gains {coarse.value:+.3f}."
            )
    silent = [n for n in comparison.models if comparison.metrics[n]["format_rate"].value < 0.05]
    if silent:
        names = " and ".join(labels.get(name, name) for name in silent)
        found.append(f"{names}: nearly no reply is in the answer's format, so every metric is near 0. Without a "
                     "well-formed reply in a group there is no reward to learn from.")  # fmt: skip
    best_blind = max((comparison.metrics[n]["balanced_accuracy"].value for n in comparison.baselines), default=None)
    for name in comparison.models:
        interval = comparison.metrics[name]["balanced_accuracy"]
        if best_blind is not None and name not in silent and interval.low <= best_blind:
            found.append(f"{labels.get(name, name)} is not clearly above the best baseline in balanced accuracy "
                         f"({interval.value:.3f} against {best_blind:.3f}).")  # fmt: skip
    return found
