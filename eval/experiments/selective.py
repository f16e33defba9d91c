"""Does it know when to stop? Several samples of each case: how sure, and does climbing to a coarser answer pay?

The climbing rule, risk and coverage: `metrics.selective`. Calibration beside its null: `metrics.calibration`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import model_validator

from kg_service.core.errors import RecordInvalid
from kg_service.core.knowledge import Knowledge

from .. import plots
from ..metrics.calibration import Calibration, calibration
from ..metrics.selective import AT, Selective, climb, selective, stop
from ..predict import Generation
from ..score import Score
from ..tables import Cell, Table
from ..tasks import Question
from . import asking
from .asking import Answers, Asked, answers, together
from .experiment import Findings
from .verdict import Verdict, by_seed, decide

THRESHOLDS = (0.0, 0.5, 0.8, 1.0)


class Settings(Asked):
    """`generation` says how many samples a case gets, at which temperature."""

    generation: Generation = Generation(samples=8, temperature=1.0)

    @model_validator(mode="after")
    def _several(self) -> Settings:
        if self.generation.samples < 2 or self.generation.temperature == 0:
            raise ValueError("generation.samples must be 2 or more, at a temperature above 0")
        return self


def commands(settings: Settings, run_dir: Path, seeds: Sequence[int]) -> list[str]:
    return asking.commands(settings, run_dir, seeds, [Question()])


def run(settings: Settings, run_dir: Path, seeds: Sequence[int]) -> Findings:
    """Ask what has not been asked, and report."""
    runs, knowledge = answers(settings, run_dir, seeds, [Question()])
    return report(settings, runs, knowledge)


def report(settings: Settings, runs: Sequence[Answers], knowledge: Knowledge) -> Findings:
    """The verdict on `settings.model`, and every model's tables.

    Raises:
        RecordInvalid: a case has one sample only.
    """
    seeds = [run.seed for run in runs]
    names = (settings.model, *settings.others)
    pooled = {name: together(runs, name) for name in names}
    how = {"resamples": settings.resamples, "seed": seeds[0]}
    each = [_selective(run.by[settings.model], knowledge, settings.resamples, run.seed) for run in runs]
    found = {name: _selective(scores, knowledge, **how) for name, scores in pooled.items()}
    certain = {name: calibration(scores, knowledge, **how) for name, scores in pooled.items()}
    own = found[settings.model]
    differences = [one.risk_difference for one in each]
    verdict = Verdict(
        word=decide(differences, side="below"),
        claim=f"{settings.model} errs less where it climbs to a coarser answer than where it says nothing instead, at "
        f"{AT:.0%} of the coverage of its first answers",
        statistic=f"risk with climbing, less without, at {AT:.0%} coverage",
        value=own.risk_difference.value,
        low=own.risk_difference.low,
        high=own.risk_difference.high,
        detectable=own.risk_difference.detectable,
        by_seed=by_seed(seeds, differences),
        notes=tuple(notes(settings, pooled[settings.model], own, certain[settings.model])),
    )
    panels = {
        name: {rule: [(point.coverage, point.risk.value) for point in curve.points]
               for rule, curve in (("climbing", one.climbing), ("first answer or nothing", one.flat))}
        for name, one in found.items()
    }  # fmt: skip
    bins = {name: [(b.confidence, b.right, b.cases) for b in one.bins] for name, one in certain.items() if one}
    drawn = (
        plots.risk_coverage("risk", "Risk and coverage", panels, note="Lower is better. Right: every case gets its "
                               "first answer. Left: nobody gets any."),
        plots.reliability("reliability", "As often right as it agrees with itself?", bins,
                             note="Dotted: perfect. Larger dots hold more cases."),
    )  # fmt: skip
    tables = (_rules(found), _calibrated(certain), _fallback(pooled, knowledge))
    return Findings(verdict, tables, drawn, knowledge.release, knowledge.digest)


def notes(settings: Settings, scores: Sequence[Score], own: Selective, certain: Calibration | None) -> list[str]:
    """What the verdict must not be taken for, derived from the numbers."""
    found: list[str] = []
    if certain and certain.error.value <= certain.null_high:
        found.append(
            f"A calibration error of {certain.error.value:.3f} is within what a perfectly calibrated sampler shows on "
            f"{certain.samples} samples of so many cases (mean {certain.null:.3f}, 95th percentile "
            f"{certain.null_high:.3f}): no miscalibration found."
        )
    elif certain:
        found.append(
            f"A calibration error of {certain.error.value:.3f} is more than a perfectly calibrated sampler shows (95th "
            f"percentile {certain.null_high:.3f}): how often its samples agree is not how often they are right."
        )
    coarse = sum(score.predicted is not None and score.predicted_level < score.gold_level for score in scores)
    if coarse > len(scores) / 2:
        found.append(
            f"{coarse / len(scores):.0%} of the single samples are coarser than the gold already, so there is little "
            "left to climb."
        )
    silent = own.climbing.points[0].answered
    if silent < 1:
        found.append(f"{1 - silent:.0%} of the cases get no answer at any threshold: no sample names a concept.")
    if settings.generation.temperature != 1:
        found.append(f"Sampled at temperature {settings.generation.temperature}; agreement depends on it.")
    return found


def _selective(scores: Sequence[Score], knowledge: Knowledge, resamples: int, seed: int) -> Selective:
    found = selective(scores, knowledge, resamples=resamples, seed=seed)
    if found is None:
        raise RecordInvalid("every case has one sample only; ask for several with generation.samples")
    return found


def _rules(found: Mapping[str, Selective]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (name, one.cases, one.samples, one.climbing.area, one.flat.area, one.area_difference, one.risk_difference,
         one.risk_difference.detectable)
        for name, one in found.items()
    ]  # fmt: skip
    columns = ("model", "cases", "samples", "area, climbing", "area, first answer or nothing", "area, difference",
               f"risk at {AT:.0%}, difference", "smallest detectable")  # fmt: skip
    note = (
        "Area: mean risk over the coverages a rule reaches; smaller is better. Coverage is the mean specificity of "
        "what is said, risk the share of all cases told something that is neither the gold nor above it."
    )
    return Table("rules", "Climbing against saying nothing", columns, tuple(rows), note)


def _calibrated(found: Mapping[str, Calibration | None]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (name, one.samples, one.error, one.null, one.null_high) for name, one in found.items() if one
    ]
    columns = ("model", "samples", "calibration error", "a calibrated sampler's mean", "its 95th percentile")
    return Table("calibration", "Calibration of self-consistency", columns, tuple(rows))


def _fallback(pooled: Mapping[str, Sequence[Score]], knowledge: Knowledge) -> Table:
    """What is said at a few thresholds: the gold, something above it, something wrong, nothing."""
    rows: list[tuple[Cell, ...]] = []
    for name, scores in pooled.items():
        cases: dict[str, list[Score]] = defaultdict(list)
        for score in scores:
            cases[score.case_id].append(score)
        ways = [(row[0].gold, climb([score.predicted for score in row], knowledge)) for row in cases.values()]
        for threshold in THRESHOLDS:
            said = Counter(_said(stop(way, threshold), gold, knowledge) for gold, way in ways)
            rows.append((name, threshold, *(said[kind] / len(ways) for kind in _SAID)))
    note = (
        "Threshold: the share of samples that must lie at or below a concept before it is said. Finer counts as risk."
    )
    return Table("fallback", "What is said at a few thresholds", ("model", "threshold", *_SAID), tuple(rows), note)


_SAID = ("gold", "coarser", "finer", "wrong", "nothing")


def _said(answer: str | None, gold: str, knowledge: Knowledge) -> str:
    if answer is None:
        return "nothing"
    if answer == gold:
        return "gold"
    if knowledge.is_ancestor(answer, gold):
        return "coarser"
    return "finer" if knowledge.is_ancestor(gold, answer) else "wrong"
