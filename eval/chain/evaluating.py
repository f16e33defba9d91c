"""The end of a chain, in its own process: baselines, probes, scores, overlap, report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from kg_service.client import KnowledgeSource
from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge
from kg_service.job import write_json

from ..backends import FunctionBackend
from ..overlap import overlap
from ..predict import predict, select_cases
from ..prediction import Sampling
from ..tasks import requests
from .planning import fill
from .settings import ChainConfig


def evaluate(
    config: ChainConfig, folder: Path, knowledge: Knowledge, source: KnowledgeSource, *, seed: int = 0
) -> dict[str, Any]:
    """Baselines, probes, scores, overlap and the report, in this process. Returns the summary."""
    from ..report import ReportConfig
    from ..report import run as report
    from ..score import ScoreConfig
    from ..score import run as score

    known = {"data": config.data, "run": str(folder)} | {s.name: str(folder / s.name) for s in config.stages}
    cases = Path(fill(config.cases, known))
    tested, trained = select_cases(cases, config.splits, config.limit), select_cases(cases, config.train_splits)
    write_json(folder / "overlap.json", overlap((trained, cases.parent), (tested, cases.parent)).as_json())
    looks = folder / "predictions" / "looks"
    samples = config.generation.samples
    asked = requests(tested, knowledge, config.questions, cases.parent, looks=looks, seed=seed, samples=samples)
    others = _baselines(config, trained, tested, cases.parent, knowledge, known)
    for name, fitted in others.items():
        path = folder / "predictions" / name / "predictions.jsonl"
        predict(asked, fitted(), path, model=name, sampling=Sampling())
    for name in (*(model.name for model in config.models), *others):
        settings = ScoreConfig(
            cases=cases,
            predictions=folder / "predictions" / name / "predictions.jsonl",
            splits=config.splits,
            limit=config.limit,
            spec=config.spec,
            resamples=config.resamples,
            knowledge=source,
        )
        score(settings, folder / "scores" / name, knowledge)
    return report(
        ReportConfig(
            title=config.title,
            cases=cases,
            runs=tuple(folder / "scores" / model.name for model in config.models),
            baselines=tuple(folder / "scores" / name for name in others),
            probes=tuple(probe.name for probe in config.probes),
            pairs=config.pairs,
            labels={model.name: model.label for model in config.models if model.label},
            curves={model.name: Path(fill(model.curve, known)) for model in config.models if model.curve},
            overlap=folder / "overlap.json",
            primary=config.primary,
            browse=config.browse,
            resamples=config.resamples,
            knowledge=source,
        ),
        folder,
        knowledge,
    )


def _baselines(
    config: ChainConfig,
    trained: Sequence[Case],
    tested: Sequence[Case],
    folder: Path,
    knowledge: Knowledge,
    known: Mapping[str, str],
) -> dict[str, Callable[[], FunctionBackend]]:
    """What is to be fitted, by name."""
    from ..baselines import BASELINES

    found: dict[str, Callable[[], FunctionBackend]] = {
        name: partial(BASELINES[name], trained, folder, knowledge, tested) for name in config.baselines
    }
    for one in config.probes:
        from ..baselines.probe import probe

        checkpoint = Path(fill(one.checkpoint, known))
        cache = Path(known["run"]) / "predictions" / one.name / "features.npz"
        found[one.name] = partial(probe, trained, folder, knowledge, checkpoint, one.max_pixels, cache=cache)
    return found
