"""A finished chain run written by hand: models that answer as they are told to, no training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from eval.score import score_predictions
from kg_service.client.cache import Cache
from kg_service.core.case import Case
from kg_service.core.knowledge import Knowledge
from kg_service.core.release import digest_of, snapshot_of
from kg_service.core.reward import PAPER
from kg_service.job import write_json, write_jsonl

from .rows import GOLDS, case, prediction, reply

WRONG = {gold: GOLDS[(at + 1) % len(GOLDS)] for at, gold in enumerate(GOLDS)}


def cases(count: int) -> list[Case]:
    return [case(number, GOLDS[number % len(GOLDS)]) for number in range(count)]


def replies(knowledge: Knowledge, count: int, right: int, formed: int | None = None) -> list[str]:
    """The first `right` of `count` answers are the gold, others another disease, those from `formed` on no answer."""
    found = []
    for number, one in enumerate(cases(count)):
        named = knowledge.label(one.gold if number < right else WRONG[one.gold])
        found.append(reply(named) if formed is None or number < formed else "I cannot say.")
    return found


def chain_run(
    folder: Path,
    knowledge: Knowledge,
    models: Mapping[str, Sequence[str]],
    *,
    cache: Path,
    baselines: Sequence[str] = (),
    rewards: Mapping[str, Sequence[float]] | None = None,
) -> Path:
    """Scores, logs and summary of models given by their replies; the release lies in `cache`."""
    payload = snapshot_of(knowledge)
    Cache(cache).keep(payload)
    pinned = {"release": knowledge.release, "digest": digest_of(payload)}
    write_json(folder / "chain" / "service.json", pinned)
    named = {"models": {name: {} for name in models if name not in baselines},
             "baselines": {name: {} for name in baselines}}  # fmt: skip
    write_json(folder / "summary.json", {**pinned, **named})
    for name, texts in models.items():
        rows = [prediction(number, text) for number, text in enumerate(texts)]
        write_jsonl(
            folder / "scores" / name / "scores.jsonl", score_predictions(rows, cases(len(texts)), knowledge, PAPER)
        )
    for name, values in (rewards or {}).items():
        write_jsonl(folder / name / "metrics.jsonl", [{"step": at, "reward": value} for at, value in enumerate(values)])
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of releases that the client uses."""
    monkeypatch.setenv("SKIN_R1_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
