"""A scored run as a log of Inspect AI (https://inspect.aisi.org.uk), to be read case by case with `inspect view`.

The log is written as the format says (version 2) and needs no package of theirs; looking at it does. Nothing is scored
anew: the numbers are those of `python -m eval score`. It holds small copies of the images, and so their licence.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kg_service.client import load
from kg_service.core.case import Case
from kg_service.core.errors import ImageUnreadable
from kg_service.core.knowledge import Knowledge
from kg_service.job import write_text

from .headline import METRICS
from .predict import select_cases
from .prediction import Prediction, picture_of
from .rendering import thumbnail
from .report.reading import Run, read_run
from .score import Score, ScoreConfig
from .score import run as score

_STOPPED = {"stop": "stop", "length": "max_tokens", "content_filter": "content_filter", "refusal": "content_filter"}
_TERMS = ("format", "granularity", "condition", "grounding")


def run(config: ScoreConfig, run_dir: Path) -> None:
    """The `inspect` job: what `score` writes, and `inspect/TIME_skin-r1_ID.json` beside it.

    The same predictions give the same log under the same name: its time is that of the last reply.
    """
    release = load(config.knowledge)
    score(config, run_dir, release)
    asked = datetime.fromtimestamp(int(config.predictions.stat().st_mtime), UTC)
    log = log_of(
        read_run(run_dir),
        select_cases(config.cases, config.splits, config.limit),
        release,
        folder=config.cases.parent,
        metrics=json.loads((run_dir / "metrics.json").read_text(encoding="utf-8")),
        asked=asked,
    )
    # By its name `inspect view` knows a log, and it reads the head first: the order of the keys is part of the format.
    name = f"{asked:%Y-%m-%dT%H-%M-%S}+00-00_skin-r1_{log['eval']['eval_id']}.json"
    write_text(run_dir / "inspect" / name, json.dumps(log, indent=1, ensure_ascii=False) + "\n")


def log_of(
    run: Run,
    cases: Sequence[Case],
    knowledge: Knowledge,
    *,
    folder: Path,
    metrics: Mapping[str, Mapping[str, Any]],
    asked: datetime,
) -> dict[str, Any]:
    """The log.

    Args:
        cases: those the run is about.
        folder: what the images' paths start from. They are drawn small into the log.
        metrics: name -> {"value", "ci"}, as `metrics.json` holds them; what is not a number is left out.
        asked: when the last reply was given.
    """
    predictions = [run.predictions[place] for place in run.places]
    time, model = asked.isoformat(), run.name
    by_id = {case.id: case for case in cases}
    id_ = hashlib.sha256("".join(row.key for row in predictions).encode()).hexdigest()[:22]
    shown = {row.image_digest for row in predictions}
    drawn = {digest: _drawn(path) for path, digest in _pictures(cases, folder) if digest in shown}
    several = len({(row.task, row.look) for row in predictions}) > 1 or any(row.about for row in predictions)
    samples = [
        _sample(row, mark, by_id[row.case_id], knowledge, drawn.get(row.image_digest, ""), several=several)
        for row, mark in zip(predictions, run.scores, strict=True)
    ]
    measured = {
        name: {"name": name, "value": metrics[name]["value"], "metadata": {"ci": metrics[name]["ci"]}}
        for name in sorted(metrics, key=lambda name: (name not in METRICS, name))  # the first are shown on top
        if metrics[name]["value"] is not None
    }
    sampling = predictions[0].sampling
    return {
        "version": 2,
        "status": "success",
        "eval": {
            "eval_id": id_,
            "run_id": id_,
            "task_id": id_,
            "created": time,
            "task": "skin-r1",
            "dataset": {
                "name": folder.name,
                "samples": len(cases),
                "sample_ids": sorted({sample["id"] for sample in samples}),
                "shuffled": False,
            },
            "model": model,
            "model_generate_config": {
                "max_tokens": sampling.max_new_tokens,
                "temperature": sampling.temperature,
                "top_p": sampling.top_p,
                "seed": sampling.seed,
            },
            "config": {"epochs": 1 + max(row.sample for row in predictions)},
            "metadata": {
                key: run.manifest[key]
                for key in ("release", "digest", "spec", "spec_digest", "fingerprint")
                if key in run.manifest
            },
        },
        "plan": {"name": "skin-r1", "steps": []},
        "results": {
            "total_samples": len(samples),
            "completed_samples": len(samples),
            "scores": [{"name": "skin-r1", "scorer": "skin-r1", "params": {}, "metrics": measured}],
        },
        "stats": {"started_at": time, "completed_at": time, "model_usage": {model: _usage(predictions)}},
        "samples": samples,
    }


def _sample(
    row: Prediction, mark: Score, case: Case, knowledge: Knowledge, picture: str, *, several: bool
) -> dict[str, Any]:
    question: dict[str, Any] = {"role": "user", "content": row.prompt}
    if picture:
        question["content"] = [{"type": "image", "image": picture}, {"type": "text", "text": row.prompt}]
    answer = {"role": "assistant", "content": row.reply, "model": row.model, "source": "generate"}
    named = knowledge.label(mark.predicted) if mark.predicted else (mark.malformed or "")
    which = [row.task, row.look, *(f"{key}={value}" for key, value in sorted(row.about.items()))] if several else []
    return {
        "id": " ".join([row.case_id, *which]),
        "epoch": row.sample + 1,
        "input": [question],
        "choices": list(row.options) if row.options else None,
        "target": knowledge.label(mark.gold),
        "messages": [question, answer],
        "output": {
            "model": row.served or row.model,
            "choices": [{"message": answer, "stop_reason": _STOPPED.get(row.finish, "unknown")}],
            "completion": row.reply,
            "usage": _usage([row]),
        },
        "scores": {
            "right": {"value": "C" if mark.right else "I", "answer": named},
            "outcome": {"value": mark.outcome.value, "answer": named},
            "reward": {
                "value": mark.total,
                "answer": named,
                "explanation": ", ".join(f"{term} {getattr(mark, term):g}" for term in _TERMS),
            },
        },
        "metadata": {
            "case": row.case_id,
            "task": row.task,
            "look": row.look,
            "about": row.about,
            "image": case.image,
            "path": [knowledge.label(concept) for concept in knowledge.lineage(mark.gold)],
            "truth": mark.truth.value if mark.truth else None,
            "answered": mark.answered.value if mark.answered else None,
            "levels": {"gold": mark.gold_level, "predicted": mark.predicted_level, "shared": mark.meet_level},
            "malformed": mark.malformed,
        },
        "model_usage": {row.model: _usage([row])},
    }


def _usage(rows: Sequence[Prediction]) -> dict[str, int]:
    given, made = sum(row.tokens_in for row in rows), sum(row.tokens_out for row in rows)
    return {"input_tokens": given, "output_tokens": made, "total_tokens": given + made}


def _pictures(cases: Iterable[Case], folder: Path) -> Iterator[tuple[str, str]]:
    for case in cases:
        with suppress(ImageUnreadable):  # the numbers do not need it
            yield picture_of(case, folder)


def _drawn(path: str) -> str:
    small = thumbnail(Path(path))
    return f"data:image/png;base64,{small}" if small else ""
