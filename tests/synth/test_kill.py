"""kill -9 in the middle: started again, a run ends as if nothing had happened, whoever was killed."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from kg_service.core.trajectory import Trajectory
from kg_service.job import read_jsonl
from synth import generate

from ..patience import PATIENCE, eventually
from .runs import ROOT, asked, assert_same

ROWS, PART = 240, 80


@pytest.fixture(scope="module")
def config(small, phantoms):
    return asked(small, phantoms, rows=ROWS, shard_rows=PART)


@pytest.fixture(scope="module")
def whole(config, release, tmp_path_factory) -> Path:
    """The run that nobody disturbed."""
    run = tmp_path_factory.mktemp("whole")
    generate.make(config, release, run)
    return run


@pytest.fixture
def killed(config_file, tmp_path):
    """Start the command in a run directory and kill something of it once so many rows are written; what was written.

    Where the machine was too busy to look in time and the command ended first, it is begun again from what it found.
    """
    path, run, found = config_file(write__rows=ROWS, write__shard_rows=PART), tmp_path / "run", tmp_path / "found"

    def start(rows: int, whom: Callable[[psutil.Process], psutil.Process], *words: str) -> dict[Path, bytes]:
        run.mkdir(exist_ok=True)
        shutil.rmtree(found, ignore_errors=True)
        shutil.copytree(run, found)
        while not killed_in_time(rows, whom, words):
            shutil.rmtree(run)
            shutil.copytree(found, run)
        return {journal: journal.read_bytes() for journal in run.glob("shards/*/rows.jsonl")}

    def killed_in_time(rows: int, whom: Callable[[psutil.Process], psutil.Process], words: tuple[str, ...]) -> bool:
        # Nice, so that on one crowded core we look before it has ended.
        command = ["nice", sys.executable, "-m", "synth", "generate", str(path), "--run-dir", str(run), *words]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
            while written(run) < rows:
                if running.poll() is not None:
                    assert running.returncode == 0, "it failed by itself"
                    return False
                time.sleep(0.005)
            family: list[psutil.Process] = []
            with suppress(psutil.NoSuchProcess, IndexError):  # it may be ending just now
                family = psutil.Process(running.pid).children(recursive=True)
                whom(psutil.Process(running.pid)).send_signal(signal.SIGKILL)
            running.wait(PATIENCE)
            eventually(lambda: not any(alive(process) for process in family))
            return running.returncode != 0

    return start


def written(run: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in run.glob("shards/*/rows.jsonl"))


def alive(process: psutil.Process) -> bool:
    """Whether it still runs; what nobody has waited for has ended all the same."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def itself(process: psutil.Process) -> psutil.Process:
    return process


def a_child(process: psutil.Process) -> psutil.Process:
    return process.children()[0]


def with_its_cluster(process: psutil.Process) -> psutil.Process:
    """A driver whose whole machine goes down with it."""
    for other in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            other.kill()
    return process


def assert_nothing_lost(run: Path, before: dict[Path, bytes]) -> None:
    """What was written stands, and no row stands twice."""
    for journal, text in before.items():
        assert journal.read_bytes().startswith(text[: text.rfind(b"\n") + 1])
    ids = [row.id for row in read_jsonl(run / "trajectories.jsonl", Trajectory)]
    assert len(ids) == len(set(ids)) == ROWS


def test_one_process_killed_again_and_again(config, whole, killed, release, tmp_path):
    killed(5, itself)
    before = killed(130, itself)
    torn = max(before)
    torn.write_bytes(torn.read_bytes() + b'{"slot":"torn')  # what a power cut leaves
    generate.make(config, release, tmp_path / "run")
    assert_nothing_lost(tmp_path / "run", before)
    assert_same(whole, tmp_path / "run")


def test_of_many_processes_the_parent_is_killed_and_then_a_child(config, whole, killed, release, tmp_path):
    killed(20, itself, "--processes", "2")
    before = killed(100, a_child, "--processes", "2")
    generate.make(config, release, tmp_path / "run", processes=2)
    assert_nothing_lost(tmp_path / "run", before)
    assert_same(whole, tmp_path / "run")


def test_a_rank_is_killed_and_started_again(config, whole, killed, release, tmp_path):
    before = killed(100, itself, "--rank", "0/2")
    for rank in ("1/2", "0/2"):
        generate.make(config, release, tmp_path / "run", rank=rank)
    generate.join_run(tmp_path / "run")
    assert_nothing_lost(tmp_path / "run", before)
    assert_same(whole, tmp_path / "run")


def test_a_ray_cluster_is_killed_and_another_ends_with_the_same_bytes(config, whole, killed, release, tmp_path):
    before = killed(100, with_its_cluster, "--ray", "local", "--processes", "2")
    generate.make(config, release, tmp_path / "run", ray="local", processes=2)
    assert_nothing_lost(tmp_path / "run", before)
    assert_same(whole, tmp_path / "run")


def test_a_shard_killed_before_its_seal_is_sealed_from_its_journal(config, whole, release, tmp_path):
    """The last moment: every row is written, the seal is not."""
    generate.make(config, release, tmp_path, rank="0/1")
    for seal in sorted(tmp_path.glob("shards/*/done.json")):
        seal.unlink()
    (tmp_path / "shards" / "00001" / "index.npz").unlink()
    journals = [path.read_bytes() for path in sorted(tmp_path.glob("shards/*/rows.jsonl"))]
    generate.make(config, release, tmp_path)
    assert [path.read_bytes() for path in sorted(tmp_path.glob("shards/*/rows.jsonl"))] == journals
    assert_same(whole, tmp_path)
