"""Further questions to the models of a finished chain: what several experiments do before they look at the answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import Field

from kg_service.core.case import Case
from kg_service.core.errors import RecordInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.job import file_digest, read_jsonl, write_jsonl

from ..backends import Backend, open_backend
from ..baselines import BASELINES
from ..chain import run_chain
from ..predict import Generation, PredictConfig, check_golds, predict, select_cases
from ..prediction import Prediction, place_of
from ..score import Score, score_predictions, spec_named
from ..tasks import Question, requests
from .chains import Finished, one_knowledge
from .experiment import each_seed, identity
from .running import ChainSettings, stage_commands


class Asked(ChainSettings):
    """Whose models are asked, and how.

    `from` is the run directory of a finished chain, `{seed}` in it the seed. Without it each seed's own chain is run
    first, as the other settings say. `model` is the one the claim is about; `others` are shown beside it: models of the
    chain, or baselines of `eval.baselines` that train on its `train_splits`.
    `generation` replaces how the chain drew its replies; `limit` is how many test cases are asked about, drawn by the
    seed, 0 for all.
    """

    source: str = Field(default="", alias="from")
    chain: Path = Path("eval/configs/toy.toml")
    model: str = "sft_grpo"
    others: tuple[str, ...] = ()
    train_splits: tuple[str, ...] = ("train",)
    limit: int = Field(default=0, ge=0)
    generation: Generation | None = None
    spec: str = "paper"

    def place(self, seed: int, folder: Path) -> Finished:
        """The chain of a seed, finished or not, where `folder` is the seed's."""
        named = self.source.replace("{seed}", str(seed))
        return Finished(Path(named) if named else folder / "chain")


@dataclass(frozen=True)
class Answers:
    """What one seed's chain answered: scores by the name of the model."""

    seed: int
    chain: Finished
    by: dict[str, list[Score]]


def answers(
    settings: Asked, run_dir: Path, seeds: Sequence[int], questions: Sequence[Question]
) -> tuple[list[Answers], Knowledge]:
    """Ask what has not been asked yet, in every seed; and the release all of it rests on.

    Raises:
        RecordInvalid: a chain is unfinished or lacks a model, or the chains were made with different releases.
    """
    names = (settings.model, *settings.others)

    def work(seed: int, folder: Path) -> int:
        chain = settings.place(seed, folder)
        if not settings.source and (code := run_chain(settings.template(), chain.folder, seed=seed)):
            return code
        knowledge = chain.knowledge()
        for name in names:
            ask(settings, chain, name, questions, folder / "asked", knowledge, seed=seed)
        return 0

    stages = () if settings.source else settings.template().stages
    digests = [file_digest(stage.config) for stage in stages if stage.config]
    mark = identity(settings.model_copy(update={"workers": 1, "resamples": 1}), *digests)
    found = []
    for seed, folder in each_seed(run_dir, seeds, mark, work):
        by = {name: list(read_jsonl(folder / "asked" / name / "scores.jsonl", Score)) for name in names}
        found.append(Answers(seed, settings.place(seed, folder), by))
    return found, one_knowledge([one.chain for one in found])


def commands(settings: Asked, run_dir: Path, seeds: Sequence[int], questions: Sequence[Question]) -> list[str]:
    """What a dry run shows: the chains to run, then who is asked what."""
    lines = [] if settings.source else stage_commands(settings.template(), run_dir, seeds)
    for seed in seeds:
        folder = settings.place(seed, run_dir / f"seed-{seed}").folder
        lines.append(f"# seed {seed}: ask {', '.join((settings.model, *settings.others))} of {folder}")
    return [*lines, *(f"#   {one.model_dump_json(exclude_defaults=True)}" for one in questions)]


def ask(
    settings: Asked,
    chain: Finished,
    name: str,
    questions: Sequence[Question],
    folder: Path,
    knowledge: Knowledge,
    *,
    seed: int,
) -> None:
    """Ask one model or baseline, and score it: `predictions.jsonl` and `scores.jsonl` in `folder/NAME`.

    Models are asked as their chain asked them (checkpoint, pixels, dialect), by other questions.

    Raises:
        RecordInvalid: the chain has predicted with no such model, and it is no baseline.
    """
    config = asked_by(chain, settings.model if name in BASELINES else name)
    generation = settings.generation or config.generation
    cases = select_cases(config.cases, config.splits)
    check_golds(cases, knowledge)
    wanted = requests(
        cases,
        knowledge,
        [question.model_copy(update={"limit": settings.limit}) for question in questions],
        config.cases.parent,
        looks=folder / "looks",
        seed=seed,
        samples=generation.samples,
        dialect=config.dialect,
    )
    path = folder / name / "predictions.jsonl"
    backend = _backend(settings, config, name, cases, knowledge)
    sampling = replace(generation.sampling, seed=seed)
    predict(wanted, backend, path, model=name, sampling=sampling, batch=generation.batch)
    rows = sorted(read_jsonl(path, Prediction), key=place_of)
    asked = Counter(request.case_id for request in wanted)  # not about a gold that nothing is weighed against
    there = [case for case in cases if case.id in asked]
    scores = score_predictions(rows, there, knowledge, spec_named(settings.spec), asked=asked)
    write_jsonl(folder / name / "scores.jsonl", scores)


def asked_by(chain: Finished, name: str) -> PredictConfig:
    """How the chain asked one of its models.

    Raises:
        RecordInvalid: it has none of that name.
    """
    path = chain.folder / "predictions" / name / "manifest.json"
    if not path.is_file():
        raise RecordInvalid(f"{chain.folder} has asked no model {name!r}; there are {', '.join(chain.models)}")
    return PredictConfig.model_validate(json.loads(path.read_text(encoding="utf-8"))["config"])


def _backend(settings: Asked, config: PredictConfig, name: str, cases: Sequence[Case], knowledge: Knowledge) -> Backend:
    if name in BASELINES:
        train = select_cases(config.cases, settings.train_splits)
        return BASELINES[name](train, config.cases.parent, knowledge, cases)
    return open_backend(config.model, threads=config.threads)


def together(runs: Sequence[Answers], name: str) -> list[Score]:
    """One model's scores in all seeds as one list.

    Questions of two seeds stay apart; a patient that several seeds ask about (of one chain) stays one independent unit.
    """
    pooled: list[Score] = []
    for run in runs:
        for score in run.by[name]:
            about = dict(score.about)
            if "group" in about:
                about["group"] = f"{run.seed}/{about['group']}"
            unit = f"{run.chain.folder}/{score.group}"
            pooled.append(replace(score, case_id=f"{run.seed}/{score.case_id}", group=unit, about=about))
    return pooled
