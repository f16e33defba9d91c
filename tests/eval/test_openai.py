"""The back-end for servers: samples in one call, failures repeated, replies kept as they come, killed and resumed."""

from __future__ import annotations

import base64
import io
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from eval.backends import ModelSource, ModelUnavailable, open_backend
from eval.predict import predict, told
from eval.prediction import Prediction, Request, Sampling
from kg_service.core.errors import ConfigInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.job import read_jsonl

from ..conftest import ROOT
from ..patience import PATIENCE, eventually
from .rows import folder_of_cases, requests_for, snapshot
from .server import MODEL, Served, picture, serving

HURRY = 3.0  # seconds given to a call that gets no answer; the others need much less
GREEDY, WARM = Sampling(), Sampling(temperature=1.0, seed=3)


def source(served: Served, **more: object) -> ModelSource:
    content = {"backend": "openai", "base_url": served.url, "name": MODEL, "timeout": PATIENCE, "retries": 3, **more}
    return ModelSource.model_validate(content)


def ask(served: Served, folder: Path, sampling: Sampling = GREEDY, *, samples: int = 1, count: int = 4, **more: object):  # type: ignore[no-untyped-def]
    """Predict over `count` cases; the rows by (case, sample)."""
    requests = requests_for(folder_of_cases(folder, count), folder, samples=samples)
    backend = open_backend(source(served, **more))
    predict(requests, backend, folder / "predictions.jsonl", model="m", sampling=sampling)
    return {(row.case_id, row.sample): row for row in read_jsonl(folder / "predictions.jsonl", Prediction)}


def test_the_samples_of_one_question_are_one_call(tmp_path: Path) -> None:
    with serving() as served:
        rows = ask(served, tmp_path, WARM, samples=5)
    assert len(served.calls) == 4
    assert {body["n"] for body in served.calls} == {5}
    assert len({row.reply for row in rows.values()}) == 20  # every sample of every picture is its own
    assert len(rows) == 20


def test_a_server_that_knows_no_n_is_asked_for_each_sample_with_a_seed_of_its_own(tmp_path: Path) -> None:
    with serving(most=1) as served:
        one = ask(served, tmp_path / "one", WARM, samples=3)
    with serving() as served:
        all_ = ask(served, tmp_path / "all", WARM, samples=3)
    assert {place: row.reply for place, row in one.items()} == {place: row.reply for place, row in all_.items()}


def test_the_picture_travels_as_the_bytes_on_disk_unless_it_is_too_large(tmp_path: Path) -> None:
    with serving() as served:
        ask(served, tmp_path / "whole", count=1)
        ask(served, tmp_path / "small", count=1, max_pixels=100)
    whole, small = (base64.b64decode(picture(body).partition("base64,")[2]) for body in served.calls)
    assert whole == (tmp_path / "whole" / "images" / "0.png").read_bytes()
    with Image.open(io.BytesIO(small)) as image:
        assert image.width * image.height <= 100


def test_a_question_without_a_picture_sends_none(tmp_path: Path) -> None:
    with serving() as served:
        open_backend(source(served)).generate([Request("c", "What is it?", "", "")], GREEDY)
    assert picture(served.calls[0]) == ""


@pytest.mark.parametrize("trouble", [429, 500, 503, "slow"])
def test_a_passing_failure_is_repeated_and_leaves_no_trace(tmp_path: Path, trouble: int | str) -> None:
    with serving(trouble=lambda number, _: trouble if number < 2 else None) as served:
        rows = ask(served, tmp_path, timeout=HURRY if trouble == "slow" else PATIENCE)
    assert len(rows) == 4
    assert len({row.reply for row in rows.values()}) == 4
    assert len(served.calls) == 6


@pytest.mark.parametrize("trouble", [400, "nonsense", "number", "page", "drip"])
def test_a_question_that_always_fails_is_missing_and_not_wrong_and_holds_up_no_other(
    tmp_path: Path, trouble: int | str
) -> None:
    broken: list[str] = []

    def first(number: int, body: dict[str, object]) -> int | str | None:
        broken.extend([picture(body)] * (not broken))
        return trouble if picture(body) == broken[0] else None

    with serving(trouble=first) as served:
        with pytest.raises(ModelUnavailable, match="1 of 4 questions got no answer"):
            ask(served, tmp_path, timeout=HURRY if trouble == "drip" else PATIENCE, retries=0)
        assert len((tmp_path / "predictions.jsonl").read_text().splitlines()) == 3
        broken[0] = "nothing"
        before = len(served.calls)
        assert len(ask(served, tmp_path, retries=0)) == 4
        assert len(served.calls) == before + 1


def test_a_server_that_is_gone_ends_the_job_before_every_question_was_tried(tmp_path: Path) -> None:
    with serving(trouble=lambda *_: 400) as served, pytest.raises(ModelUnavailable, match="the rest was not tried"):
        ask(served, tmp_path, count=60, concurrency=2)
    assert len(served.calls) < 12


def test_a_cut_reply_an_empty_one_and_a_refusal_are_values(tmp_path: Path) -> None:
    with serving(finish="length") as served:
        assert {(row.complete, row.finish) for row in ask(served, tmp_path / "a").values()} == {(False, "length")}
    with serving(trouble=lambda *_: "silent") as served:
        assert {row.reply for row in ask(served, tmp_path / "b").values()} == {""}
    with serving(trouble=lambda *_: "refusal") as served:
        assert {(row.reply, row.finish) for row in ask(served, tmp_path / "c").values()} == {
            ("I cannot help with that.", "refusal")
        }


def test_the_key_comes_from_the_environment_and_a_refused_one_is_a_configuration_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_KEY", "secret\n")
    with serving(trouble=lambda *_: 401) as served, pytest.raises(ConfigInvalid, match="A_KEY"):
        ask(served, tmp_path, key_env="A_KEY", concurrency=1)
    assert served.headers[0]["authorization"] == "Bearer secret"
    assert "secret" not in source(served, key_env="A_KEY").model_dump_json()


def test_the_fingerprint_is_of_what_is_served_and_not_of_where() -> None:
    with serving() as here, serving() as there:
        same = {open_backend(source(served)).fingerprint for served in (here, there)}
        assert len(same) == 1
        assert open_backend(source(here, max_pixels=100)).fingerprint not in same
        with pytest.raises(ConfigInvalid, match=f"it serves {MODEL}"):
            open_backend(source(here, name="another"))
    with pytest.raises(ModelUnavailable, match="does not answer"):
        open_backend(source(here, retries=0))


def test_tokens_are_counted_once_for_a_call_and_the_rows_name_the_server(tmp_path: Path) -> None:
    with serving() as served:
        ask(served, tmp_path, WARM, samples=3)
    found = told(tmp_path / "predictions.jsonl")
    assert (found["rows"], found["tokens_in"], found["tokens_out"]) == (12, 400, 120)
    assert found["served"] == [f"{MODEL} fp_7"]


def test_a_slow_reply_holds_up_no_other(tmp_path: Path) -> None:
    with serving(trouble=lambda number, _: "slow" if number == 0 else None) as served:
        backend = open_backend(source(served, concurrency=2))
        requests = requests_for(folder_of_cases(tmp_path, 6), tmp_path)
        order = []
        for place, _ in backend.stream(requests, GREEDY):  # type: ignore[attr-defined]
            order.append(place)
            if len(order) == 5:
                served.gate.set()
    assert sorted(order) == list(range(6))
    assert order[-1] in (0, 1)


def test_the_command_survives_kill_9_and_asks_nothing_twice(tmp_path: Path, knowledge: Knowledge) -> None:
    cases = folder_of_cases(tmp_path, 60)
    path = tmp_path / "run" / "predictions.jsonl"
    (tmp_path / "predict.toml").write_text(
        f'name = "m"\ncases = "{tmp_path}/cases.jsonl"\nsplits = []\n[knowledge]\n'
        f'path = "{snapshot(tmp_path, knowledge)}"\n[generation]\ntemperature = 1.0\nsamples = 2\n'
    )
    held = 40  # from this call on, the first process gets no answer: it is alive when it is killed
    with serving(trouble=lambda number, _: "slow" if number >= held else None) as served:
        command = [
            sys.executable, "-m", "eval", "predict", str(tmp_path / "predict.toml"), "--run-dir", str(path.parent),
            "--set", "model.backend=openai", "--set", f"model.base_url={served.url}", "--set", f"model.name={MODEL}",
            "--set", "model.concurrency=3",
        ]  # fmt: skip
        first = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
        eventually(lambda: first.poll() is not None or len(served.calls) == held + 3)
        assert first.poll() is None, first.communicate()[1]
        os.kill(first.pid, signal.SIGKILL)
        first.communicate()
        done = Counter(json.loads(line)["case_id"] for line in path.read_bytes().splitlines() if line.endswith(b"}"))
        served.gate.set()
        before = len(served.calls)
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=PATIENCE)
    rows = [(row.case_id, row.sample) for row in read_jsonl(path, Prediction)]
    assert sorted(rows) == sorted((case.id, sample) for case in cases for sample in range(2))
    assert len(served.calls) - before == 60 - sum(samples == 2 for samples in done.values())
    assert json.loads((path.parent / "manifest.json").read_text())["rows"] == 120
    replies = {}
    for row in read_jsonl(path, Prediction):
        replies.setdefault(row.case_id, set()).add(row.reply)
    assert all(len(two) == 2 for two in replies.values())  # a call for the rest draws what the first one had not
