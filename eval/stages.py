"""Stages: other jobs' doors called as subprocesses, several at a time, each once.

A finished stage leaves a marker with its command; the same chain started again skips it. The jobs resume on their own,
so a killed chain is continued by the same command.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg_service.core.errors import ConfigInvalid
from kg_service.job import write_json

LAST_LINES = 15
# A progress bar rewrites its line many times a second; several stages at once are read better at this pace.
_BAR_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1


class StageFailed(Exception):
    """A stage ended with another code than 0. The message holds the end of its log."""

    def __init__(self, stage: str, code: int, log: Path) -> None:
        self.code = code
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        lines = [line for line in text.replace("\r", "\n").splitlines() if line.strip()]
        ending = "\n".join(f"    {line}" for line in lines[-LAST_LINES:])
        super().__init__(f"the stage {stage} ended with code {code}; its log {log} ends with\n{ending}")


@dataclass(frozen=True)
class Stage:
    """One subprocess: `command` after `python -m`, the stages it `needs`, and the folder it writes.

    `volatile` are arguments that may differ between two starts of one run (a port); `config_digest` is of the
    configuration file that the command names; without `manifest`'s file, a finished stage counts as unfinished.
    """

    name: str
    command: tuple[str, ...]
    needs: tuple[str, ...] = ()
    volatile: tuple[str, ...] = ()
    config_digest: str = ""
    manifest: Path | None = None

    @property
    def identity(self) -> str:
        """What the stage does, as a digest: its command, less what is volatile, and its configuration's content."""
        content = [*self.command, self.config_digest]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def die_with_parent() -> None:
    """In a child, before exec: ask Linux to end it when the chain is killed, or a restart would find it at work."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Pool:
    """Runs stages in the order given as soon as what they need is there, at most `workers` at a time.

    Args:
        folder: the chain's run directory; markers go to `chain/`, logs to `logs/`.
        clock: seconds, for the durations in the markers.
    """

    def __init__(self, folder: Path, *, workers: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._workers = workers
        self._clock = clock
        self._running: dict[str, tuple[subprocess.Popen[bytes], threading.Thread, float]] = {}
        self.seconds: dict[str, float] = {}

    def run(self, stages: Sequence[Stage]) -> None:
        """Run what is not finished.

        Raises:
            StageFailed: a stage failed; those still running have been stopped.
            ConfigInvalid: a stage was finished by another command in this run directory, or needs an unknown one.
        """
        known = {stage.name for stage in stages} | set(self.seconds)
        for stage in stages:
            if missing := set(stage.needs) - known:
                raise ConfigInvalid(f"the stage {stage.name} needs {', '.join(sorted(missing))}, which is no stage")
        waiting = [stage for stage in stages if not self._finished(stage)]
        by_name = {stage.name: stage for stage in stages}
        try:
            while waiting or self._running:
                ready = [stage for stage in waiting if set(stage.needs) <= self.seconds.keys()]
                for stage in ready[: self._workers - len(self._running)]:
                    self._start(stage)
                    waiting.remove(stage)
                if not self._running:
                    raise ConfigInvalid(f"the stages {', '.join(s.name for s in waiting)} wait for each other")
                self._collect(by_name)
        finally:
            self._stop()

    def _marker(self, name: str) -> Path:
        return self._folder / "chain" / f"{name}.json"

    def _finished(self, stage: Stage) -> bool:
        path = self._marker(stage.name)
        if not path.is_file() or (stage.manifest is not None and not stage.manifest.is_file()):
            return False
        marker = json.loads(path.read_text(encoding="utf-8"))
        if marker["identity"] != stage.identity:
            raise ConfigInvalid(
                f"{self._folder} holds a finished stage {stage.name} of another configuration or seed. Give another "
                f"--run-dir, or delete {self._folder} to start afresh."
            )
        self.seconds[stage.name] = marker["seconds"]
        say(f"── {stage.name}: finished earlier in {marker['seconds']:.0f} s")
        return True

    def _start(self, stage: Stage) -> None:
        shown = stage.command[: stage.command.index("--set")] if "--set" in stage.command else stage.command
        say(f"── {stage.name}: python -m {' '.join(shown)}")
        log = self._folder / "logs" / f"{stage.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(f"$ python -m {shlex.join([*stage.command, *stage.volatile])}\n")
        process = subprocess.Popen(
            [sys.executable, "-m", *stage.command, *stage.volatile],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=child_environment(os.environ),
            preexec_fn=die_with_parent,  # one system call, no locks
        )
        reader = threading.Thread(target=_relay, args=(process, stage.name, log, self._clock), daemon=True)
        reader.start()
        self._running[stage.name] = (process, reader, self._clock())

    def _collect(self, stages: Mapping[str, Stage]) -> None:
        time.sleep(0.05)
        for name, (process, reader, started) in list(self._running.items()):
            code = process.poll()
            if code is None:
                continue
            reader.join(timeout=5)
            del self._running[name]
            if code != 0:
                raise StageFailed(name, code, self._folder / "logs" / f"{name}.log")
            seconds = round(self._clock() - started, 2)
            self.seconds[name] = seconds
            write_json(self._marker(name), {"identity": stages[name].identity, "seconds": seconds})
            say(f"── {name}: done in {seconds:.1f} s")

    def _stop(self) -> None:
        for process, _, _ in self._running.values():
            stop(process)
        self._running.clear()


def child_environment(parent: Mapping[str, str]) -> dict[str, str]:
    """One thread a process (two on shared cores are many times slower), no telemetry, output as it comes.

    What the caller has set wins. Warnings about later versions of libraries would drown the progress.
    """
    quiet = {
        "OMP_NUM_THREADS": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONWARNINGS": "ignore::FutureWarning,ignore::DeprecationWarning",
    }
    return {**quiet, **parent, "PYTHONUNBUFFERED": "1"}


def stop(process: subprocess.Popen[bytes], seconds: float = 10.0) -> None:
    """Ask a process to end, and end it where it does not."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _relay(process: subprocess.Popen[bytes], name: str, log: Path, clock: Callable[[], float]) -> None:
    """Copy a child's output to its log, and its lines to the terminal under the stage's name."""
    assert process.stdout is not None
    shown = float("-inf")
    line = bytearray()
    with log.open("ab") as file:
        while chunk := process.stdout.read1(4096):  # type: ignore[attr-defined]
            file.write(chunk)
            file.flush()
            for byte in chunk:
                if byte not in (0x0A, 0x0D):
                    line.append(byte)
                    continue
                text = line.decode(errors="replace").strip()
                line.clear()
                if text and (byte == 0x0A or clock() - shown >= _BAR_SECONDS):
                    shown = clock() if byte == 0x0D else shown
                    say(f"[{name}] {text}")
