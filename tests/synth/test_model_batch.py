"""Batch mode: requests into files, answers back into the cache."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from kg_service.core.errors import RecordInvalid
from synth.echo import Echo
from synth.model import Ask, BudgetSpent, Deferred, Endpoint, ModelSettings, batch

ASKS = [Ask("Say something.", f"number {number}") for number in range(6)]


def settings(**changes: object) -> ModelSettings:
    return ModelSettings.model_validate({"name": "echo", "mode": "batch", "price_out": 1.0} | changes)


def submit(folder: Path, asks: list[Ask] = ASKS, **changes: object) -> list[object]:
    """The text of each answer, or the code of what came instead."""
    with Endpoint(settings(**changes), folder) as endpoint:
        futures = [endpoint.submit(ask) for ask in asks]
        return [getattr(future.exception(), "code", None) or future.result().text for future in futures]


def run_batch(requests: Path, answers: Path, change: Callable[[int, dict], dict] = lambda _, row: row) -> Path:
    """What `vllm run-batch -i requests -o answers` does, with the twin for a model."""
    with Echo() as echo, answers.open("w") as file:
        for number, line in enumerate(requests.open()):
            asked = json.loads(line)
            assert (asked["method"], asked["url"]) == ("POST", "/v1/chat/completions")
            answer = httpx.post(f"{echo.url}/chat/completions", json=asked["body"])
            response = {"status_code": answer.status_code, "request_id": "r", "body": answer.json()}
            row = {"id": f"vllm-{number}", "custom_id": asked["custom_id"], "response": response, "error": None}
            file.write(json.dumps(change(number, row)) + "\n")
    return answers


def test_a_batch_goes_out_once_and_its_answers_complete_the_next_run(tmp_path: Path):
    model = tmp_path / "model"
    assert submit(model) == [Deferred.code] * 6
    assert submit(model) == [Deferred.code] * 6  # the second run writes nothing twice
    [requests] = (model / "batch").glob("requests-*")
    answers = run_batch(requests, tmp_path / "answers.jsonl")
    assert batch.take(tmp_path, [answers]) == {"taken": 6, "known": 0, "failed": 0, "unknown": 0, "reasons": {}}
    assert submit(model) == ['{"echo": true}'] * 6
    assert batch.take(tmp_path, [answers])["known"] == 6
    with Endpoint(settings(), model) as endpoint:
        assert endpoint.spent.calls == 6
        assert endpoint.spent.cost > 0  # by the price list, for the files tell no price


def test_what_failed_is_seen_and_offered_again_in_the_next_file(tmp_path: Path):
    def worse(number: int, row: dict) -> dict:
        failed = {"status_code": 500, "body": {"error": {"message": "out of memory"}}}
        return [
            row | {"response": failed},
            row | {"response": None, "error": {"code": "batch_expired", "message": "too late"}},
            row | {"response": {"status_code": 200, "body": {"choices": []}}},
            row | {"custom_id": "sha256:of another run"},
            row,
            row,
        ][number]

    model = tmp_path / "model"
    submit(model)
    answers = run_batch(model / "batch" / "requests-001.jsonl", tmp_path / "answers.jsonl", worse)
    found = batch.take(tmp_path, [answers])
    assert {name: found[name] for name in ("taken", "failed", "unknown")} == {"taken": 2, "failed": 3, "unknown": 1}
    assert "too late" in found["reasons"]
    assert batch.take(tmp_path, [answers])["failed"] == 0  # the same failures are not counted twice
    assert submit(model).count(Deferred.code) == 4
    second = model / "batch" / "requests-002.jsonl"
    assert len(second.read_text().splitlines()) == 3  # the fourth still waits in the first file
    batch.take(tmp_path, [run_batch(second, tmp_path / "more.jsonl")])
    assert submit(model).count(Deferred.code) == 1


def test_a_torn_line_is_offered_again(tmp_path: Path):
    submit(tmp_path)
    path = tmp_path / "batch" / "requests-001.jsonl"
    path.write_bytes(path.read_bytes()[:-10])
    submit(tmp_path)
    lines = [line for each in sorted(path.parent.iterdir()) for line in each.read_text().splitlines()]
    assert len({json.loads(line)["custom_id"] for line in lines}) == len(lines) == 6


def test_files_are_cut_where_the_batch_interface_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(batch, "MOST_LINES", 4)
    submit(tmp_path)
    assert [len(path.read_text().splitlines()) for path in sorted((tmp_path / "batch").iterdir())] == [4, 2]


def test_a_batch_keeps_to_the_budget(tmp_path: Path):
    found = submit(tmp_path, max_tokens=100, max_tokens_total=350)
    assert found == [Deferred.code] * 3 + [BudgetSpent.code] * 3


def test_a_file_that_is_no_answer_of_a_batch_is_refused(tmp_path: Path):
    (tmp_path / "cases.jsonl").write_text('{"id": "1"}\n')
    with pytest.raises(RecordInvalid, match="line 1"):
        batch.take(tmp_path, [tmp_path / "cases.jsonl"])
    with pytest.raises(RecordInvalid, match="does not exist"):
        batch.take(tmp_path, [tmp_path / "nothing.jsonl"])
