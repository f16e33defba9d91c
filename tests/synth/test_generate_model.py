"""A run whose writer is a model, over HTTP against the twin: faults, budget, batch files, the same rows each way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kg_service.core.trajectory import Rejection, Trajectory
from kg_service.job import read_jsonl
from synth import generate
from synth.__main__ import main
from synth.echo import Echo
from synth.model import batch
from synth.settings import SynthConfig

from .runs import asked, assert_same
from .test_model_batch import run_batch

ROWS = 24
FAULTS = ("429=0.1", "500=0.1", "dropped=0.1", "truncated=0.1", "malformed=0.1", "wrong-choice=0.1")


@pytest.fixture
def config(small, phantoms):
    """A run by a model at this address."""

    def configured(url: str = "http://127.0.0.1:9", rows: int = ROWS, **model: object) -> SynthConfig:
        given = {"name": "echo", "base_url": url, "backoff": 0.002, "breaker": 1.0, "max_pixels": 1000, "price_in": 1}
        base = asked(small, phantoms, rows=rows, writer="model")
        return SynthConfig.model_validate(base.model_dump() | {"model": given | model})

    return configured


def test_a_run_under_faults_ends_with_every_row_and_a_reason_for_each_refusal(config, release, tmp_path):
    with Echo(FAULTS, retry_after="0.005") as echo:
        met, found = generate.make(config(echo.url), release, tmp_path)
        asked_for = echo.requests
        again, same = generate.make(config(echo.url), release, tmp_path)
        assert echo.requests == asked_for, "a finished run asks nothing"
    assert met
    assert again
    assert same == found
    rows = list(read_jsonl(tmp_path / "trajectories.jsonl", Trajectory))
    assert len(rows) == ROWS
    assert not any(row.answer_visible for row in rows)
    assert all(row.provenance["tokens"] and row.provenance["cost"] and row.provenance["call"] for row in rows)
    refused = list(read_jsonl(tmp_path / "rejections.jsonl", Rejection))
    assert {one.code for one in refused} >= {"FMT_TRUNC", "FMT_PARSE", "LBL_GOLD"}
    assert found["cost"]["tokens"] > sum(int(row.provenance["tokens"]) for row in rows), "what was refused cost too"
    assert found["cost"]["per_accepted_row"] > 0


def test_how_many_questions_are_under_way_changes_nothing(config, release, tmp_path):
    for name, concurrency in (("one", 1), ("many", 16)):
        with Echo(["truncated=0.2", "wrong-choice=0.1"]) as echo:
            generate.make(config(echo.url, rows=12, concurrency=concurrency), release, tmp_path / name)
    assert_same(tmp_path / "one", tmp_path / "many")


def test_a_spent_budget_keeps_what_was_paid_for_and_a_higher_one_goes_on(config, release, tmp_path):
    with Echo() as echo:
        whole = config(echo.url, rows=12)
        generate.make(whole, release, tmp_path / "whole")
        met, found = generate.make(config(echo.url, rows=12, max_cost=0.01), release, tmp_path / "run")
        assert not met
        assert 0 < found["funnel"]["accepted"] < 12
        assert found["funnel"]["unpaid"] > 0
        assert "budget was spent" in (tmp_path / "run" / "report.md").read_text()
        before = echo.requests
        met, found = generate.make(whole, release, tmp_path / "run")
        assert met
        assert echo.requests - before < 12
    assert_same(tmp_path / "whole", tmp_path / "run")


def test_batch_files_bring_the_rows_that_live_questions_bring(config, release, tmp_path):
    with Echo() as echo:
        generate.make(config(echo.url, rows=10), release, tmp_path / "live")
    run, taken = tmp_path / "batch", set[Path]()
    for _ in range(8):
        _, found = generate.make(config(rows=10, mode="batch"), release, run)
        if not found["funnel"]["waiting"]:
            break
        assert "synth batch" in (run / "report.md").read_text()
        fresh = sorted(set((run / "model" / "batch").glob("requests-*")) - taken)
        taken.update(fresh)
        batch.take(run, [run_batch(path, tmp_path / f"answers-{path.name}") for path in fresh])
    assert found["funnel"]["waiting"] == 0
    assert (run / "trajectories.jsonl").read_bytes() == (tmp_path / "live" / "trajectories.jsonl").read_bytes()


def test_a_dry_run_tells_calls_tokens_and_cost_and_asks_nothing(config, tmp_path, capsys, small, phantoms):
    path = tmp_path / "synth.toml"
    path.write_text(
        f'[knowledge]\npath = "{small.knowledge.path}"\n[write]\nwriter = "model"\nrows = 9\n'
        f'cases = "{phantoms / "cases.jsonl"}"\n[model]\nname = "echo"\nbase_url = "http://127.0.0.1:9"\nprice_in = 1\n'
    )
    assert main(["generate", str(path), "--run-dir", str(tmp_path / "run"), "--dry-run"]) == 0
    *_, told = json.loads(capsys.readouterr().out)["dry_run"]
    assert "about 9 calls" in told
    assert "cost 0.0" in told
    assert not (tmp_path / "run").exists()
