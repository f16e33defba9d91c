"""The job: resumes after kill -9, repeats itself to the byte, keeps what it refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from kg_service.core.case import Case
from kg_service.core.trajectory import Rejection, Trajectory
from kg_service.job import read_jsonl, write_jsonl

ROOT = Path(__file__).resolve().parents[2]


def synth(*words: object, hash_seed: str = "0", **more) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-m", "synth", *map(str, words)], cwd=ROOT, env=environment, capture_output=True, text=True,
        **more,
    )  # fmt: skip


def test_a_seed_gives_the_same_bytes_whatever_the_hash_seed(config_file, tmp_path):
    path = config_file()
    for run, hash_seed in (("a", "1"), ("b", "4242")):
        done = synth("generate", path, "--run-dir", tmp_path / run, hash_seed=hash_seed)
        assert done.returncode == 0, done.stderr
    for name in ("trajectories.jsonl", "rejections.jsonl", "report.json", "report.md", "card.md"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    other = synth("generate", path, "--run-dir", tmp_path / "c", "--set", "seed=1")
    assert other.returncode == 0
    assert (tmp_path / "a" / "trajectories.jsonl").read_bytes() != (tmp_path / "c" / "trajectories.jsonl").read_bytes()


def test_cases_and_their_images_are_the_same_bytes_whatever_the_hash_seed(config_file, tmp_path):
    path = config_file(phantom__counts={"test": 1})
    for run, hash_seed in (("a", "1"), ("b", "4242")):
        done = synth("cases", path, "--run-dir", tmp_path / run, hash_seed=hash_seed)
        assert done.returncode == 0, done.stderr
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*") if p.is_file())
    assert len(files) > 21
    for name in files:
        if name.name != "manifest.json":
            assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_a_job_killed_at_any_moment_ends_as_if_nothing_had_happened(config_file, tmp_path):
    path = config_file(write__rows=400)
    command = [sys.executable, "-m", "synth", "generate", str(path), "--run-dir"]
    assert subprocess.run([*command, tmp_path / "whole"], cwd=ROOT, capture_output=True).returncode in (0, 1)
    journal = tmp_path / "killed" / "journal" / "rows.jsonl"
    kills = 0
    for wanted in (5, 60, 150):
        running = subprocess.Popen(
            [*command, tmp_path / "killed"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        while running.poll() is None:
            if journal.is_file() and journal.read_bytes().count(b"\n") >= wanted:
                running.send_signal(signal.SIGKILL)
                kills += 1
                break
            time.sleep(0.002)
        running.communicate()
    assert kills >= 1
    done = journal.read_bytes()
    journal.write_bytes(done + b'{"slot": "torn')  # what a power cut leaves
    assert subprocess.run([*command, tmp_path / "killed"], cwd=ROOT, capture_output=True).returncode in (0, 1)
    for name in ("trajectories.jsonl", "rejections.jsonl", "report.md"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "killed" / name).read_bytes(), name
    assert journal.read_bytes().startswith(done)
    ids = [row.id for row in read_jsonl(tmp_path / "killed" / "trajectories.jsonl", Trajectory)]
    assert len(ids) == len(set(ids))


def test_a_changed_parameter_keeps_every_row_it_does_not_touch(config_file, tmp_path):
    path = config_file(write__rows=40)
    assert synth("generate", path, "--run-dir", tmp_path / "run").returncode == 0
    journal = tmp_path / "run" / "journal" / "rows.jsonl"
    before = journal.read_bytes()
    assert synth("generate", path, "--run-dir", tmp_path / "run", "--set", "floors.diseases=0.1").returncode == 0
    assert journal.read_bytes() == before
    assert synth("generate", path, "--run-dir", tmp_path / "run", "--set", "write.style=brief").returncode == 0
    assert journal.read_bytes().startswith(before)
    assert len(journal.read_bytes()) > len(before)


def test_exactly_the_rows_asked_for_are_written(config_file, tmp_path):
    path = config_file(write__rows=50, write__kinds={"direct": 10, "keep": 20, "revise": 20})
    done = synth("generate", path, "--run-dir", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["funnel"]["accepted"] == 50
    assert sum(1 for _ in read_jsonl(tmp_path / "run" / "trajectories.jsonl", Trajectory)) == 50


def test_below_a_floor_the_job_ends_with_one_and_says_why(config_file, tmp_path):
    done = synth("generate", config_file(write__rows=100000), "--run-dir", tmp_path / "run")
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    assert any("accepted" in reason for reason in answer["below_floor"])
    assert "Below the floor" in (tmp_path / "run" / "report.md").read_text()


def test_no_more_than_five_in_a_hundred_rows_are_near_duplicates(config_file, tmp_path):
    done = synth("generate", config_file(write__rows=500), "--run-dir", tmp_path / "run")
    assert json.loads(done.stdout)["shares"]["near_duplicates"] <= 0.05


def test_a_case_whose_image_is_held_out_is_refused_and_kept_as_a_rejection(phantoms, config_file, tmp_path):
    cases = list(read_jsonl(phantoms / "cases.jsonl", Case))
    out = next(case for case in cases if case.split == "test")
    leaked = next(case for case in cases if case.split == "sft")
    (tmp_path / "images").mkdir()
    for case in cases:
        source = out if case.id == leaked.id else case
        (tmp_path / case.image).write_bytes((phantoms / source.image).read_bytes())
    write_jsonl(tmp_path / "cases.jsonl", cases)
    done = synth("generate", config_file(write__cases=str(tmp_path / "cases.jsonl")), "--run-dir", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    refused = list(read_jsonl(tmp_path / "run" / "rejections.jsonl", Rejection))
    assert {(one.code, one.case_id) for one in refused} == {("SPLIT_LEAK", leaked.id)}
    assert leaked.id not in {row.case_id for row in read_jsonl(tmp_path / "run" / "trajectories.jsonl", Trajectory)}


def test_every_row_says_what_it_was_made_from(config_file, tmp_path, release):
    assert synth("generate", config_file(write__rows=20), "--run-dir", tmp_path / "run").returncode == 0
    rows = list(read_jsonl(tmp_path / "run" / "trajectories.jsonl", Trajectory))
    for row in rows:
        assert {"digest", "facts", "engine", "model", "prompt", "seed", "request", "tokens", "cost"} <= set(
            row.provenance
        )
        assert row.provenance["digest"] == release.digest
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert manifest["digest"] == release.digest
    assert len(manifest["inputs"]) == 1


def test_a_finished_run_passes_its_own_checks_again_and_a_spoilt_one_does_not(config_file, tmp_path):
    assert synth("generate", config_file(write__rows=30), "--run-dir", tmp_path / "run").returncode == 0
    assert synth("check", tmp_path / "run").returncode == 0
    path = tmp_path / "run" / "trajectories.jsonl"
    path.write_text(path.read_text().replace("<condition>benign", "<condition>malignant", 1))
    spoilt = synth("check", tmp_path / "run")
    assert spoilt.returncode == 1
    assert "MALIG" in spoilt.stderr
