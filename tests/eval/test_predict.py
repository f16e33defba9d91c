"""Generation survives being killed at any row, and never asks the same question twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from eval.alone import alone
from eval.backends import FunctionBackend
from eval.predict import check_golds, predict, select_cases
from eval.prediction import Look, Prediction, Request, Sampling, key_of
from eval.rows import asked_beside
from kg_service.core.answer import instruction
from kg_service.core.errors import ConfigInvalid, GoldUnresolved, ImageUnreadable, RecordInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.job import read_jsonl

from ..conftest import ROOT
from .rows import case, folder_of_cases, reply, requests_for


class Counting:
    """A back-end that remembers what it was asked."""

    def __init__(self, fingerprint: str = "f") -> None:
        self.fingerprint = fingerprint
        self.asked: list[str] = []

    def generate(self, requests, sampling):  # type: ignore[no-untyped-def]
        self.asked += [request.case_id for request in requests]
        return FunctionBackend(lambda r: reply("melanoma"), "f").generate(requests, sampling)


def run(requests: list[Request], backend: Counting, path: Path, **more: object) -> int:
    return predict(requests, backend, path, model="m", sampling=Sampling(), batch=4, **more)  # type: ignore[arg-type]


def test_the_prompt_is_the_one_students_are_trained_on(tmp_path: Path) -> None:
    requests = requests_for(folder_of_cases(tmp_path), tmp_path)
    assert {request.prompt for request in requests} == {instruction()}


def test_a_second_start_asks_nothing_and_changes_nothing(tmp_path: Path) -> None:
    requests = requests_for(folder_of_cases(tmp_path), tmp_path)
    assert run(requests, Counting(), tmp_path / "p.jsonl") == 12
    before = (tmp_path / "p.jsonl").read_bytes()
    again = Counting()
    assert run(requests, again, tmp_path / "p.jsonl") == 0
    assert again.asked == []
    assert (tmp_path / "p.jsonl").read_bytes() == before


def test_a_torn_last_line_is_dropped_and_asked_again(tmp_path: Path) -> None:
    requests = requests_for(folder_of_cases(tmp_path), tmp_path)
    path = tmp_path / "p.jsonl"
    run(requests, Counting(), path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-25])
    again = Counting()
    run(requests, again, path)
    assert again.asked == ["c11"]
    assert path.read_bytes() == whole


def test_a_broken_line_in_the_middle_is_an_error_and_not_a_gap(tmp_path: Path) -> None:
    requests = requests_for(folder_of_cases(tmp_path), tmp_path)
    path = tmp_path / "p.jsonl"
    run(requests, Counting(), path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], b'{"key": \n', *lines[4:]]))
    with pytest.raises(RecordInvalid):
        run(requests, Counting(), path)


def test_another_models_replies_are_never_continued(tmp_path: Path) -> None:
    requests = requests_for(folder_of_cases(tmp_path), tmp_path)
    run(requests, Counting("one"), tmp_path / "p.jsonl")
    with pytest.raises(RecordInvalid, match="another model"):
        run(requests, Counting("two"), tmp_path / "p.jsonl")


def test_equal_pictures_are_asked_once_and_every_case_gets_its_row(tmp_path: Path) -> None:
    cases = folder_of_cases(tmp_path)
    twin = (tmp_path / cases[0].image).read_bytes()
    (tmp_path / cases[7].image).write_bytes(twin)
    requests = requests_for(cases, tmp_path)
    backend = Counting()
    run(requests, backend, tmp_path / "p.jsonl")
    rows = list(read_jsonl(tmp_path / "p.jsonl", Prediction))
    assert len(backend.asked) == 11
    assert sorted(row.case_id for row in rows) == sorted(one.id for one in cases)


def test_the_key_covers_everything_that_can_change_a_reply() -> None:
    request = Request("c", "prompt", "/image", "digest")
    base = key_of("f", request, Sampling())
    others = [
        key_of("g", request, Sampling()),
        key_of("f", Request("c", "prompt!", "/image", "digest"), Sampling()),
        key_of("f", Request("c", "prompt", "/image", "digest!"), Sampling()),
        key_of("f", Request("c", "prompt", "/image", "digest", 1), Sampling()),
        key_of("f", request, Sampling(temperature=0.7)),
        key_of("f", request, Sampling(max_new_tokens=1)),
    ]
    assert len({base, *others}) == 7
    assert key_of("f", Request("other", "prompt", "/elsewhere", "digest"), Sampling()) == base


def test_samples_of_one_case_are_rows_of_their_own(tmp_path: Path) -> None:
    requests = requests_for(folder_of_cases(tmp_path, 3), tmp_path, samples=4)
    run(requests, Counting(), tmp_path / "p.jsonl")
    rows = [(row.case_id, row.sample) for row in read_jsonl(tmp_path / "p.jsonl", Prediction)]
    assert len(set(rows)) == 12


def test_replies_to_other_questions_or_other_pictures_are_never_continued(tmp_path: Path) -> None:
    cases = folder_of_cases(tmp_path)
    path = tmp_path / "p.jsonl"
    run(requests_for(cases, tmp_path), Counting(), path)
    with pytest.raises(RecordInvalid, match="12 replies to questions that are not asked now"):
        run(requests_for(cases, tmp_path, dialect="released"), Counting(), path)
    (tmp_path / cases[3].image).write_bytes((tmp_path / cases[4].image).read_bytes())
    with pytest.raises(RecordInvalid, match="1 replies"):
        run(requests_for(cases, tmp_path), Counting(), path)


def test_more_questions_are_added_to_what_was_answered(tmp_path: Path) -> None:
    cases = folder_of_cases(tmp_path)
    run(requests_for(cases[:5], tmp_path), Counting(), tmp_path / "predictions.jsonl")
    more = [replace(one, look=Look.BLANK, prompt="?") for one in requests_for(cases, tmp_path)]
    again = Counting()
    run([*requests_for(cases, tmp_path), *more], again, tmp_path / "predictions.jsonl")
    assert again.asked == [*(one.id for one in cases[5:]), *(one.id for one in cases)]
    assert asked_beside(tmp_path / "predictions.jsonl") == {one.id: 2 for one in cases}


SLOW = """
import sys, time
from pathlib import Path
from eval.backends import FunctionBackend
from eval.predict import predict, select_cases
from eval.prediction import Sampling
from tests.eval.rows import requests_for
folder, most = Path(sys.argv[1]), int(sys.argv[2])
given = 0
def slow(request):
    global given
    given += 1
    time.sleep(0.01 if given <= most else 1_000_000)
    return "reply to " + request.case_id
requests = requests_for(select_cases(folder / "cases.jsonl", ()), folder)
predict(requests, FunctionBackend(slow, "slow"), folder / "p.jsonl", model="slow", sampling=Sampling(), batch=2)
"""


def test_kill_9_at_any_moment_loses_no_finished_row_and_repeats_none(tmp_path: Path) -> None:
    cases = folder_of_cases(tmp_path, 120)
    path = tmp_path / "p.jsonl"
    kills = 0
    for round_ in range(60):
        most = 36 if kills < 3 else 1000  # three are killed for certain, however late we look
        command = [sys.executable, "-c", SLOW, str(tmp_path), str(most)]
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        seen = path.stat().st_size if path.exists() else 0
        while process.poll() is None and (not path.exists() or path.stat().st_size <= seen + 1500 * (1 + round_ % 3)):
            time.sleep(0.003)
        if process.poll() is not None:
            break
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        kills += 1
    assert kills >= 3
    assert process.returncode == 0
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["case_id"] for row in rows] == [one.id for one in cases]
    assert all(row["reply"] == "reply to " + row["case_id"] for row in rows)


def test_a_missing_image_stops_before_the_first_question(tmp_path: Path) -> None:
    cases = folder_of_cases(tmp_path)
    (tmp_path / cases[5].image).unlink()
    with pytest.raises(ImageUnreadable, match="c5"):
        requests_for(cases, tmp_path)


def test_unknown_golds_stop_before_the_first_question_and_are_all_named(knowledge: Knowledge) -> None:
    with pytest.raises(GoldUnresolved) as caught:
        check_golds([case(0, "psoriasis"), case(1, "atlantis fever"), case(2, "no melanoma")], knowledge)
    assert len(caught.value.rows) == 2


def test_a_split_nobody_has_is_named_beside_those_there_are(tmp_path: Path) -> None:
    folder_of_cases(tmp_path)
    with pytest.raises(RecordInvalid, match="the splits there are: test, train"):
        select_cases(tmp_path / "cases.jsonl", ("validation",))


def test_samples_are_drawn_for_every_case_and_a_function_may_answer_by_the_case(tmp_path: Path) -> None:
    blind = [replace(one, image="", image_digest="") for one in requests_for(folder_of_cases(tmp_path), tmp_path)]
    greedy, warm = Counting(), Counting()
    run(blind, greedy, tmp_path / "greedy.jsonl")
    predict(blind, warm, tmp_path / "warm.jsonl", model="m", sampling=Sampling(temperature=1.0))
    assert (len(greedy.asked), len(warm.asked)) == (1, 12)
    by_case = FunctionBackend(lambda request: request.case_id, "f")
    predict(blind, by_case, tmp_path / "case.jsonl", model="m", sampling=Sampling())
    assert all(row.reply == row.case_id for row in read_jsonl(tmp_path / "case.jsonl", Prediction))


def test_half_a_surrogate_pair_is_kept_as_a_question_mark(tmp_path: Path) -> None:
    backend = FunctionBackend(lambda _: "a\ud800\x00\u2028<script>", "f")
    predict(requests_for(folder_of_cases(tmp_path, 1), tmp_path), backend, tmp_path / "p.jsonl", model="m",
            sampling=Sampling())  # fmt: skip
    assert [row.reply for row in read_jsonl(tmp_path / "p.jsonl", Prediction)] == ["a?\x00\u2028<script>"]


def test_two_processes_never_write_one_file(tmp_path: Path) -> None:
    requests = requests_for(folder_of_cases(tmp_path), tmp_path)
    with alone(tmp_path / "p.jsonl"), pytest.raises(ConfigInvalid, match="another process"):
        run(requests, Counting(), tmp_path / "p.jsonl")
    assert run(requests, Counting(), tmp_path / "p.jsonl") == 12


def test_lines_that_are_no_predictions_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('{"key": 1}\n3\n')
    with pytest.raises(RecordInvalid, match="no predictions"):
        run(requests_for(folder_of_cases(tmp_path), tmp_path), Counting(), tmp_path / "p.jsonl")
