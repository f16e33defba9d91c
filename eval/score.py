"""Scores: predictions set against the gold of one pinned release. Pure, and done again in seconds.

The numbers are `core.reward`'s own. What is added is the outcome, one of eight that exclude each other, so that every
prediction is counted exactly once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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

from .degenerate import Degenerate, degenerate
from .outcome import Outcome, is_right, outcome_of
from .prediction import Look, Prediction, Task, place_of


@dataclass(frozen=True, slots=True)
class Score:
    """One scored prediction.

    `meet_level` is the level of the deepest concept that holds both gold and prediction, 0 for none; `predicted` is
    None where the reply names no concept. `truth` is the condition the case states, else the gold's, else None
    (unscored, which is not wrong); `answered` is what the reply's condition tag says, None in a malformed reply.

    `chosen` is the option named by a reply to a question with options and `place` where it stood, from 0; None where
    the reply names none of them. `right` is what the task asks for: the right option; the right condition; in an open
    diagnosis the gold or a finer one; where the right option was taken away, an abstention.
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
    task: Task = Task.DIAGNOSIS
    look: Look = Look.REAL
    about: dict[str, str] = field(default_factory=dict)
    chosen: str | None = None
    place: int | None = None
    right: bool = False
    degenerate: Degenerate | None = None


def score_predictions(
    predictions: Sequence[Prediction],
    cases: Sequence[Case],
    knowledge: Knowledge,
    spec: RewardSpec,
    *,
    asked: Mapping[str, int] | None = None,
) -> list[Score]:
    """One Score for every Prediction, in order.

    Args:
        asked: how many questions there were about each case; without it, at least one about each.

    Raises:
        RecordInvalid: a prediction is about a case that is not given, or predictions are missing.
        GoldUnresolved: a gold is no concept of this release.
    """
    by_id = {case.id: case for case in cases}
    check_complete(predictions, by_id, asked)
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


def check_complete(
    predictions: Sequence[Prediction], cases: Mapping[str, Case], asked: Mapping[str, int] | None
) -> None:
    """
    Raises:
        RecordInvalid: see `score_predictions`.
    """
    twice = [place for place, number in Counter(map(place_of, predictions)).items() if number > 1]
    if twice:
        raise RecordInvalid(f"{len(twice)} questions have two predictions or more, first one about {twice[0][0]!r}: "
                            "two processes wrote one file, or it was edited. Delete it and predict again")  # fmt: skip
    answered = Counter(row.case_id for row in predictions)
    if strangers := sorted(answered.keys() - cases.keys()):
        raise RecordInvalid(f"{len(strangers)} predictions are about unknown cases, first {strangers[0]!r}; give the "
                            "cases they were made on")  # fmt: skip
    wanted = dict.fromkeys(cases, 1) if asked is None else asked
    missing = sorted(case for case, number in wanted.items() if answered[case] < number)
    if missing:
        raise RecordInvalid(f"{len(missing)} of {len(wanted)} cases have no prediction, first {missing[0]!r}, or not "
                            "all that were asked for; start the predict job again, it continues where it was "
                            "stopped")  # fmt: skip


def _score(row: Prediction, case: Case, breakdown: RewardBreakdown, knowledge: Knowledge) -> Score:
    gold = knowledge.gold(case.gold)
    predicted = breakdown.predicted
    outcome = outcome_of(breakdown, gold, knowledge)
    truth = case.condition or knowledge.condition(gold)
    offered = [knowledge.taxonomy.ids[at] if at >= 0 else "" for at in knowledge.rows_of(row.options or ())]
    return Score(
        case_id=case.id,
        group=case.group,
        model=row.model,
        sample=row.sample,
        outcome=outcome,
        gold=gold,
        predicted=predicted,
        gold_level=knowledge.level(gold),
        predicted_level=knowledge.level(predicted) if predicted else 0,
        meet_level=knowledge.meet_level(predicted, gold) if predicted else 0,
        truth=truth,
        answered=breakdown.answered_condition,
        format=breakdown.format,
        granularity=breakdown.granularity,
        condition=breakdown.condition,
        grounding=breakdown.grounding,
        total=breakdown.total,
        malformed=breakdown.malformed,
        complete=row.complete,
        task=row.task,
        look=row.look,
        about=row.about,
        chosen=predicted if predicted in offered else None,
        place=offered.index(predicted) if predicted in offered else None,
        right=is_right(row, breakdown, outcome, truth, gold),
        degenerate=degenerate(row.reply, complete=row.complete),
    )


class ScoreConfig(BaseModel):
    """`python -m eval score`. `splits` and `limit` as in the predict job.

    `train_splits` are those of `train_cases` (empty: of `cases`) that the model was trained on: what they share with
    the cases scored here is written to `overlap.json`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    cases: Path
    predictions: Path
    splits: tuple[str, ...] = ("test",)
    limit: int = 0
    train_cases: Path | None = None
    train_splits: tuple[str, ...] = ()
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

    Beside them `overlap.json` where training splits are named, and `official.json` (the published scorer's accuracy)
    for multiple choice in the released dialect.

    Args:
        knowledge: the release, where the caller has loaded it already.
    """
    from kg_service.client import load

    from .metrics import answered, measure
    from .official import compare
    from .overlap import overlap
    from .predict import select_cases
    from .rows import asked_beside

    release = knowledge or load(config.knowledge)
    spec = spec_named(config.spec)
    cases = select_cases(config.cases, config.splits, config.limit)
    # A server answers in any order; what is written from here on must not depend on it.
    predictions = sorted(read_jsonl(config.predictions, Prediction), key=place_of)
    models = {(row.model, row.fingerprint) for row in predictions}
    if len(models) != 1:
        raise RecordInvalid(f"{config.predictions} holds predictions of {len(models)} models; one file, one model")
    model, fingerprint = models.pop()
    scores = score_predictions(predictions, cases, release, spec, asked=asked_beside(config.predictions))
    write_jsonl(run_dir / "scores.jsonl", scores)
    how = {"resamples": config.resamples, "seed": config.seed}
    intervals = measure(scores, release, **how) | answered(scores, **how)
    write_json(run_dir / "metrics.json", {name: interval.as_json() for name, interval in intervals.items()})
    if any(row.dialect == "released" and row.task is Task.CHOICE for row in predictions):
        write_json(run_dir / "official.json", compare(predictions, scores, cases, release).as_json())
    if config.train_splits:
        path = config.train_cases or config.cases
        trained = select_cases(path, config.train_splits)
        write_json(run_dir / "overlap.json", overlap((trained, path.parent), (cases, config.cases.parent)).as_json())
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
