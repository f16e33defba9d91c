"""Synthesis: offline rows written, checked, joined and reported, by the clock and by the processor."""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

from kg_service.client import KnowledgeSource
from kg_service.core.release import load_snapshot
from kg_service.store.compile import compile_folder
from synth import generate
from synth.cases import job as cases
from synth.settings import Phantom, SynthConfig, Write

from ..live import ROOT

GOAL = 100_000  # rows a minute, on two cores


def rows_a_second(rows: int, processes: tuple[int, ...] = (1, 2)) -> None:
    """Print rows per second for each number of processes. Seven rows are about one image."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        snapshot = compile_folder(ROOT / "ontologies").snapshot
        (folder / "snapshot.json").write_bytes(snapshot)
        config = SynthConfig(
            knowledge=KnowledgeSource(path=str(folder / "snapshot.json")),
            phantom=Phantom(size=56, counts={"sft": max(1, rows // 150), "test": 2}),
            write=Write(rows=rows, cases=str(folder / "cases.jsonl")),
        )
        knowledge = load_snapshot(snapshot)
        cases.make(config, knowledge, folder)
        for count in processes:
            began, used = time.perf_counter(), _processor()
            _, found = generate.make(config, knowledge, folder / str(count), processes=count)
            took, used = time.perf_counter() - began, _processor() - used
            made = found["funnel"]["accepted"]
            print(
                f"synthesis, {made:,} offline rows, {count} processes: {made / took:,.0f} a second (goal "
                f"{GOAL / 60:,.0f} with two), {used / made * 1e3:.2f} ms of a processor for each",
                flush=True,
            )


def _processor() -> float:
    """Seconds of processor time, ended children included."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, who))
