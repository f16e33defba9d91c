"""One reply, one gold, one release: the core, the REST endpoint, TRL and the evaluation give equal floats."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from eval.prediction import Prediction, Sampling
from eval.score import score_predictions
from kg_service.client import KnowledgeSource, load
from kg_service.core.case import Case
from kg_service.core.reward import SPECS, score, score_column
from training.rewards import Reward

from ..live import serving
from ..mini import mini, reply

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
REPLIES = [reply(row["diagnosis"], row["condition"], "irregular border, no scale") for row in GOLDEN]
GOLDS = [row["gold"] for row in GOLDEN]


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("data")) as address:
        yield address


@pytest.fixture(scope="module")
def pulled(url, tmp_path_factory):
    return load(KnowledgeSource(url=url, release="1", cache=str(tmp_path_factory.mktemp("cache"))))


def test_the_golden_totals_are_those_of_the_paper():
    assert [row.total for row in score_column(REPLIES, GOLDS, mini(), SPECS["paper"])] == [r["paper"] for r in GOLDEN]


def test_the_release_pulled_over_http_is_the_release_in_the_files(pulled):
    assert pulled.digest == mini().digest


@pytest.mark.parametrize("name", ["paper", "safe", "safe-grounded"])
def test_every_door_gives_the_same_floats(name, url, pulled):
    spec = SPECS[name]
    core = [score(text, gold, mini(), spec) for text, gold in zip(REPLIES, GOLDS, strict=True)]
    totals = [row.total for row in core]

    rest = httpx.post(f"{url}/v1/score", json={"replies": REPLIES, "golds": GOLDS, "spec": name}).json()
    assert rest["total"] == totals
    for term in ("format", "granularity", "condition", "predicted", "malformed"):
        assert rest[term] == [getattr(row, term) for row in core]
    assert (rest["release"], rest["spec_digest"]) == ("1", spec.digest)

    completions = [[{"role": "assistant", "content": text}] for text in REPLIES]
    trained = Reward(pulled, spec)(
        prompts=[None] * len(GOLDS), completions=completions, gold=GOLDS, condition=[""] * len(GOLDS)
    )
    assert trained == totals

    cases = [Case(str(n), "golden", "", gold, gold, "test", "CC0") for n, gold in enumerate(GOLDS)]
    predictions = [Prediction(str(n), str(n), "m", "f", "", "", Sampling(), 0, text) for n, text in enumerate(REPLIES)]
    measured = score_predictions(predictions, cases, pulled, spec)
    assert [row.total for row in measured] == totals
