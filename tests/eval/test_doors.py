"""The command line: fast help, exact exit codes, predict to report by its own doors."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from eval.backends import FunctionBackend
from eval.predict import predict
from eval.prediction import Sampling
from kg_service.core.knowledge import Knowledge

from ..conftest import ROOT
from ..patience import PATIENCE
from .rows import folder_of_cases, reply, requests_for, snapshot


def door(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "eval", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)


HEAVY = ("torch", "numpy", "sklearn", "matplotlib", "pydantic", "httpx", "networkx", "PIL", "openai")


@pytest.mark.parametrize("arguments", [["--help"], ["predict", "--help"], ["chain", "--help"]])
def test_help_answers_before_any_heavy_module_is_imported(arguments: list[str]) -> None:
    code = (
        f"import runpy, sys; sys.argv = ['eval', *{arguments}]\n"
        "try: runpy.run_module('eval', run_name='__main__')\n"
        "except SystemExit as ended: assert not ended.code\n"
        f"print([m for m in {HEAVY} if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "[]"


def test_score_and_report_by_their_doors(tmp_path: Path, knowledge: Knowledge) -> None:
    # The first import on a machine lists its fonts, and says so on stderr where that takes more than five seconds.
    importlib.import_module("matplotlib.font_manager")
    cases = folder_of_cases(tmp_path)
    source = f"knowledge.path={snapshot(tmp_path, knowledge)}"
    backend = FunctionBackend(lambda _: reply("melanoma"), "fixed")
    predict(requests_for(cases, tmp_path), backend, tmp_path / "p.jsonl", model="fixed", sampling=Sampling())
    (tmp_path / "score.toml").write_text(
        f'cases = "{tmp_path}/cases.jsonl"\npredictions = "{tmp_path}/p.jsonl"\nsplits = []\nresamples = 20\n'
        "[knowledge]\n"
    )
    done = door("score", tmp_path / "score.toml", "--set", source, "--run-dir", tmp_path / "s")
    assert (done.returncode, done.stderr) == (0, "")
    (tmp_path / "report.toml").write_text(
        f'cases = "{tmp_path}/cases.jsonl"\nruns = ["{tmp_path}/s"]\nresamples = 20\n[knowledge]\n'
    )
    done = door("report", tmp_path / "report.toml", "--set", source, "--run-dir", tmp_path / "r")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == str(tmp_path / "r")
    assert (tmp_path / "r" / "report.html").is_file()


def test_a_misspelt_key_ends_with_2_and_names_it(tmp_path: Path) -> None:
    (tmp_path / "score.toml").write_text('casse = "x"\n')
    done = door("score", tmp_path / "score.toml", "--run-dir", tmp_path)
    assert done.returncode == 2
    assert "casse" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unreachable_service_ends_with_3(tmp_path: Path, knowledge: Knowledge) -> None:
    folder_of_cases(tmp_path)
    (tmp_path / "score.toml").write_text(
        f'cases = "{tmp_path}/cases.jsonl"\npredictions = "{tmp_path}/p.jsonl"\n[knowledge]\n'
        f'url = "http://127.0.0.1:9"\ncache = "{tmp_path}/cache"\n'
    )
    done = door("score", tmp_path / "score.toml", "--run-dir", tmp_path)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


def test_a_snapshot_of_another_digest_ends_with_3(tmp_path: Path, knowledge: Knowledge) -> None:
    folder_of_cases(tmp_path)
    (tmp_path / "score.toml").write_text(
        f'cases = "{tmp_path}/cases.jsonl"\npredictions = "{tmp_path}/p.jsonl"\n[knowledge]\n'
        f'path = "{snapshot(tmp_path, knowledge)}"\ndigest = "sha256:{"0" * 64}"\n'
    )
    assert door("score", tmp_path / "score.toml", "--run-dir", tmp_path).returncode == 3


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "report.toml").write_text('cases = "c.jsonl"\nruns = ["s"]\n[knowledge]\n')
    done = door("report", tmp_path / "report.toml", "--run-dir", tmp_path / "r", "--dry-run")
    assert done.returncode == 0
    assert not (tmp_path / "r").exists()
