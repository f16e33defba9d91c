"""Who makes which shard: this process, many processes, rank R of N, or the workers of a Ray cluster.

Shards need nothing of each other, so none of these talks to another; `merge` joins what they leave.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from multiprocessing import connection, get_context, parent_process
from multiprocessing.context import ForkProcess
from pathlib import Path
from threading import Thread
from typing import Any, cast

from tqdm import tqdm

from kg_service.core.errors import ConfigInvalid, SkinR1Error

from ..settings import SynthConfig
from .bench import Bench
from .shards import Shard

# Who says which rank this is: pairs of environment variables, ours, Slurm's tasks and arrays, Kubernetes' indexed jobs.
_RANKS = (
    ("SKIN_R1_RANK", "SKIN_R1_WORLD"),
    ("SLURM_PROCID", "SLURM_NTASKS"),
    ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT"),
    ("JOB_COMPLETION_INDEX", "JOB_COMPLETIONS"),
)


class WorkerLost(SkinR1Error):
    """A process of this run was ended from outside, most often for want of memory."""

    code = "worker-lost"


def rank_of(text: str, environment: Mapping[str, str]) -> tuple[int, int]:
    """(rank, world) of `R/N` or `auto`.

    Raises:
        ConfigInvalid: it is neither, or nothing in the environment says which rank this is.
    """
    if text == "auto":
        found = [f"{environment[r]}/{environment[w]}" for r, w in _RANKS if r in environment and w in environment]
        if not found:
            named = "; ".join(f"{rank} and {world}" for rank, world in _RANKS)
            raise ConfigInvalid(f"--rank auto finds none of these in the environment: {named}")
        # A task of a Slurm array is also rank 0 of 1: what says that there are others is right.
        text = next((pair for pair in found if not pair.endswith("/1")), found[0])
    rank, slash, world = text.partition("/")
    if not (slash and rank.isdecimal() and world.isdecimal() and int(rank) < int(world)):
        raise ConfigInvalid(f"--rank {text!r}: write R/N with R from 0 to N - 1, or auto")
    return int(rank), int(world)


def run(bench: Bench, shards: Sequence[Shard], processes: int) -> None:
    """Make these shards, in this process or in several.

    Raises:
        WorkerLost: a process died. What it has written stays, and the same command continues.
    """
    if not shards:
        return
    digests = bench.prepare(shards)
    if (several := min(processes, len(shards))) > 1:
        _many(bench, shards, digests, several)
        return
    with closing(bench), _bar(shards) as bar:
        for shard in shards:
            bench.make(shard, digests, bar.update)


def _bar(shards: Sequence[Shard]) -> tqdm[Any]:
    rows = sum(len(shard.kinds) for shard in shards)
    return tqdm(total=rows, desc="writing", unit="row", file=sys.stderr, disable=None)


def _many(bench: Bench, shards: Sequence[Shard], digests: dict[str, str], processes: int) -> None:
    if bench.config.write.writer == "offline":
        _ = bench.shop  # set up once: forked children share it. A model's writer has threads, which no child inherits.
    context = get_context("fork")
    ends: list[connection.Connection] = []
    workers: list[ForkProcess] = []
    for _ in range(processes):
        ours, theirs = context.Pipe()
        workers.append(context.Process(target=_work, args=(bench, digests, theirs), daemon=True))
        workers[-1].start()
        theirs.close()  # else the end of the child would not be seen
        ends.append(ours)
    waiting = list(shards)[::-1]
    try:
        with _bar(shards) as bar:
            while ends:
                for end in connection.wait(ends):
                    assert isinstance(end, connection.Connection)
                    told = _heard(end)
                    if isinstance(told, int):
                        bar.update(told)
                    elif waiting:
                        end.send(waiting.pop())
                    else:
                        end.send(None)
                        ends.remove(end)
    finally:
        for worker in workers:
            if ends:
                worker.terminate()
            worker.join()


def _heard(end: connection.Connection) -> object:
    """What a child says; an error of it is raised here."""
    try:
        told = end.recv()
    except (EOFError, ConnectionResetError) as error:
        raise WorkerLost("a process was ended from outside; the same command continues from here") from error
    if isinstance(told, BaseException):
        raise told
    return told


def _work(bench: Bench, digests: dict[str, str], end: connection.Connection) -> None:
    """A child: asks for a shard, makes it, tells of its rows by the hundred, asks again."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its children
    Thread(target=_orphan, daemon=True).start()
    # What was loaded stays for good, and rows hold no cycles: looking for garbage seldom saves a tenth of the time.
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    told = 0

    def tell() -> None:
        nonlocal told
        told += 1
        if told % 100 == 0:
            end.send(100)

    with closing(bench):
        try:
            while True:
                end.send("more")
                shard = end.recv()
                if shard is None:
                    return
                bench.make(shard, digests, tell)
        except Exception as error:
            end.send(error)


def _orphan() -> None:
    """End with the parent, also where it was killed: nobody would join what an orphan writes."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


class _Actor:
    """A worker of Ray: its own bench, one shard a call."""

    def __init__(self, config: str, digest: str, run_dir: str) -> None:
        from kg_service.client import load

        settings = SynthConfig.model_validate_json(config)
        source = settings.knowledge.model_copy(update={"digest": digest})
        self.bench = Bench.of(settings, load(source), Path(run_dir))

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        shard = self.bench.shards[int(row["id"])]
        tally = self.bench.make(shard, self.bench.prepare([shard]), lambda: None)
        return {"id": row["id"], "accepted": tally.accepted}


def _absolute(config: SynthConfig) -> SynthConfig:
    """A configuration that means the same files from any working directory."""
    write, knowledge = config.write, config.knowledge
    files = {name: str(Path(getattr(write, name)).resolve()) for name in ("cases", "passages") if getattr(write, name)}
    path = {"path": str(Path(knowledge.path).resolve())} if knowledge.path else {}
    return config.model_copy(
        update={"write": write.model_copy(update=files), "knowledge": knowledge.model_copy(update=path)}
    )


def ray(bench: Bench, shards: Sequence[Shard], address: str, processes: int) -> None:
    """Make these shards with Ray Data. All workers must see the run directory, the cases and images.

    Raises:
        ConfigInvalid: Ray is not installed.
    """
    if not shards:
        return
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise ConfigInvalid("--ray needs Ray: pip install 'skin-r1[ray]'") from error
    # Without an address Ray would join whatever cluster was last started on this machine; "local" makes one of our own.
    dashboard = False if address == "local" else None
    ray.init(address=address, include_dashboard=dashboard, log_to_driver=False, configure_logging=False)
    try:
        workers = max(1, min(len(shards), processes if processes > 1 else int(ray.cluster_resources().get("CPU", 1))))
        made = ray.data.from_items([{"id": shard.place} for shard in shards], override_num_blocks=len(shards)).map(
            cast(Any, _Actor),
            fn_constructor_args=(
                _absolute(bench.config).model_dump_json(), bench.knowledge.digest, str(bench.run_dir.resolve())
            ),
            compute=ray.data.ActorPoolStrategy(size=workers),
        )  # fmt: skip
        with tqdm(total=len(shards), desc="writing", unit="shard", file=sys.stderr, disable=None) as bar:
            for _ in made.iter_rows():
                bar.update()
    finally:
        ray.shutdown()
