"""Scores: predictions set against the gold of one pinned release. Pure, and done again in seconds.

The numbers are `core.reward`'s own. What is added is the outcome, one of eight that exclude each other, so that every
prediction is counted exactly once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from kg_service.client import KnowledgeSource
from kg_service.core.answer import Dialect
from kg_service.core.case import Case
from kg_service.core.concept import Condition
from kg_service.core.errors import ConfigInvalid, RecordInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import SPECS, RewardBreakdown, RewardSpec, score_column
from kg_service.job import read_jsonl, write_json, write_jsonl, write_manifest

from .prediction import Prediction


class Outcome(StrEnum):
    """What became of one prediction, best first."""

    EXACT = "exact"
    FINER = "finer"
    COARSER = "coarser"
    WRONG_BRANCH = "wrong-branch"
    FAR = "far"
    UNMAPPED = "unmapped"
    ABSTAINED = "abstained"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Score:
    """One scored prediction.

    `meet_level` is the level of the deepest concept that holds both gold and prediction, 0 for none; `predicted` is
    None where the reply names no concept. `truth` is the condition the case states, else the gold's, else None
    (unscored, which is not wrong); `answered` is what the reply's condition tag says, None in a malformed reply.
    """

    case_id: str
    group: str
    model: str
    sample: int
    outcome: Outcome
    gold: str
    predicted: str | None
    gold_level: int
    predicted_level: int
    meet_level: int
    truth: Condition | None
    answered: Condition | None
    format: float
    granularity: float
    condition: float
    grounding: float
    total: float
    malformed: str | None
    complete: bool


def outcome_of(breakdown: RewardBreakdown, gold: str, knowledge: Knowledge) -> Outcome:
    """The one outcome of a scored reply."""
    if breakdown.malformed is not None:
        return Outcome.MALFORMED
    if breakdown.abstained:
        return Outcome.ABSTAINED
    predicted = breakdown.predicted
    if predicted is None:
        return Outcome.UNMAPPED
    if predicted == gold:
        return Outcome.EXACT
    if knowledge.is_ancestor(predicted, gold):
        return Outcome.COARSER
    if knowledge.is_ancestor(gold, predicted):
        return Outcome.FINER
    return Outcome.WRONG_BRANCH if knowledge.meet_level(predicted, gold) else Outcome.FAR


def score_predictions(
    predictions: Sequence[Prediction], cases: Sequence[Case], knowledge: Knowledge, spec: RewardSpec
) -> list[Score]:
    """One Score for every Prediction, in order.

    Raises:
        RecordInvalid: a prediction is about a case that is not given, or a case has no prediction.
        GoldUnresolved: a gold is no concept of this release.
    """
    by_id = {case.id: case for case in cases}
    strangers = sorted({row.case_id for row in predictions} - by_id.keys())
    if strangers:
        raise RecordInvalid(f"{len(strangers)} predictions are about unknown cases, first {strangers[0]!r}; give the "
                            "cases they were made on")  # fmt: skip
    missing = sorted(by_id.keys() - {row.case_id for row in predictions})
    if missing:
        raise RecordInvalid(f"{len(missing)} of {len(by_id)} cases have no prediction, first {missing[0]!r}; start the "
                            "predict job again, it continues where it was stopped")  # fmt: skip
    found: dict[int, Score] = {}
    dialects: tuple[Dialect, ...] = ("skin-r1", "released")
    for dialect in dialects:
        places = [place for place, row in enumerate(predictions) if row.dialect == dialect]
        rows = [predictions[place] for place in places]
        breakdowns = score_column(
            [row.reply for row in rows],
            [by_id[row.case_id].gold for row in rows],
            knowledge,
            spec,
            options=[row.options for row in rows],
            conditions=[by_id[row.case_id].condition for row in rows],
            dialect=dialect,
        )
        for place, row, breakdown in zip(places, rows, breakdowns, strict=True):
            found[place] = _score(row, by_id[row.case_id], breakdown, knowledge)
    return [found[place] for place in range(len(predictions))]


def _score(row: Prediction, case: Case, breakdown: RewardBreakdown, knowledge: Knowledge) -> Score:
    gold = knowledge.gold(case.gold)
    predicted = breakdown.predicted
    return Score(
        case_id=case.id,
        group=case.group,
        model=row.model,
        sample=row.sample,
        outcome=outcome_of(breakdown, gold, knowledge),
        gold=gold,
        predicted=predicted,
        gold_level=knowledge.level(gold),
        predicted_level=knowledge.level(predicted) if predicted else 0,
        meet_level=knowledge.meet_level(predicted, gold) if predicted else 0,
        truth=case.condition or knowledge.condition(gold),
        answered=breakdown.answered_condition,
        format=breakdown.format,
        granularity=breakdown.granularity,
        condition=breakdown.condition,
        grounding=breakdown.grounding,
        total=breakdown.total,
        malformed=breakdown.malformed,
        complete=row.complete,
    )


class ScoreConfig(BaseModel):
    """`python -m eval score`. `splits` and `limit` as in the predict job."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cases: Path
    predictions: Path
    splits: tuple[str, ...] = ("test",)
    limit: int = 0
    spec: str = "paper"
    resamples: int = 2000
    seed: int = 0
    knowledge: KnowledgeSource


def spec_named(name: str) -> RewardSpec:
    """
    Raises:
        ConfigInvalid: there is no such specification.
    """
    if name not in SPECS:
        raise ConfigInvalid(f"there is no reward specification {name!r}; there are {', '.join(SPECS)}")
    return SPECS[name]


def run(config: ScoreConfig, run_dir: Path, knowledge: Knowledge | None = None) -> None:
    """The `score` job: `scores.jsonl`, `metrics.json` and `manifest.json` in `run_dir`.

    Args:
        knowledge: the release, where the caller has loaded it already.
    """
    from kg_service.client import load

    from .metrics import measure
    from .predict import select_cases

    release = knowledge or load(config.knowledge)
    spec = spec_named(config.spec)
    cases = select_cases(config.cases, config.splits, config.limit)
    predictions = list(read_jsonl(config.predictions, Prediction))
    models = {(row.model, row.fingerprint) for row in predictions}
    if len(models) != 1:
        raise RecordInvalid(f"{config.predictions} holds predictions of {len(models)} models; one file, one model")
    model, fingerprint = models.pop()
    scores = score_predictions(predictions, cases, release, spec)
    write_jsonl(run_dir / "scores.jsonl", scores)
    intervals = measure(scores, release, resamples=config.resamples, seed=config.seed)
    write_json(run_dir / "metrics.json", {name: interval.as_json() for name, interval in intervals.items()})
    write_manifest(
        run_dir,
        job="eval score",
        config=config,
        release=release.release,
        digest=release.digest,
        spec_digest=spec.digest,
        inputs=[config.cases, config.predictions],
        extra={"model": model, "fingerprint": fingerprint, "spec": spec.name, "rows": len(scores)},
    )
