"""The job `generate`: cases -> trajectories, with everything that was refused and why."""

from __future__ import annotations

import json
import os
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from kg_service.client import load
from kg_service.core.case import Case
from kg_service.core.errors import ConfigInvalid
from kg_service.core.knowledge import Knowledge
from kg_service.job import read_jsonl, write_json, write_manifest

from ..settings import SynthConfig
from . import card, merge, report, spread
from .bench import Bench
from .queue import kinds, portions
from .shards import Shard, how_many, reserve
from .shop import PROMPT, cases_path


def make(
    config: SynthConfig, knowledge: Knowledge, run_dir: Path, *, processes: int = 1, rank: str = "", ray: str = ""
) -> tuple[bool, dict[str, Any]]:
    """Make all shards that are not finished, and join them; with a rank, make its part and join nothing.

    Leaves trajectories.jsonl, quarantine.jsonl, rejections.jsonl, parquet/, report.md/.json, card.md, manifest.json.

    Args:
        rank: `R/N` or `auto`.
        ray: the address of a Ray cluster.

    Returns:
        Whether every configured floor is met, and the report. For a rank, what it made.

    Raises:
        RecordInvalid: there is no case to write from.
        ImageUnreadable: the image of a case is missing.
        ShardBusy: another process works on the same part.
        WorkerLost: a process of this run died.
        ConfigInvalid: `processes`, `rank` or `ray` cannot be done.
    """
    if processes < 1:
        raise ConfigInvalid(f"--processes {processes}: at least 1 is needed")
    bench = Bench.of(config, knowledge, run_dir)
    _note(bench)
    mine: list[Shard] = bench.open
    if rank:
        number, world = spread.rank_of(rank, os.environ)
        mine = [shard for shard in mine if shard.place % world == number]
    if ray:
        spread.ray(bench, mine, ray, processes)
    else:
        spread.run(bench, mine, processes)
    if rank:
        own = [shard.place for shard in bench.shards if shard.place % world == number]
        return True, {"rank": rank, "shards": len(bench.shards), "own": own, "made": [shard.place for shard in mine]}
    return join(bench)


def join(bench: Bench) -> tuple[bool, dict[str, Any]]:
    """Join finished shards and report.

    Raises:
        RecordInvalid: shards are missing.
    """
    config, knowledge, run_dir = bench.config, bench.knowledge, bench.run_dir
    write = config.write
    joined = merge.collect(run_dir, bench.shards, everywhere=write.style == "full", excused=write.accept_flags)
    merge.write(run_dir, joined, parquet=write.parquet)
    chosen = [case for shard in bench.shards for case in shard.cases]
    found = report.build(config.floors, knowledge, chosen, joined)
    report.write(run_dir, found, card.card(config, knowledge, bench.cases, joined, found))
    inputs = [cases_path(config, run_dir), *([Path(write.passages)] if write.passages else [])]
    write_manifest(
        run_dir, job="synth generate", config=config, release=knowledge.release, digest=knowledge.digest,
        inputs=inputs, extra={"counts": found["funnel"], "prompt": PROMPT},
    )  # fmt: skip
    return not found["below_floor"], found


def join_run(run_dir: Path) -> tuple[bool, dict[str, Any]]:
    """`join` for a run directory that ranks have filled.

    Raises:
        ConfigInvalid: no rank has written there.
        DigestMismatch: the configured source gives another release now.
    """
    path = run_dir / "shards" / "plan.json"
    try:
        plan = json.loads(path.read_bytes())
        config, digest = SynthConfig.model_validate(plan["config"]), plan["digest"]
    except (OSError, KeyError, ValueError) as error:
        raise ConfigInvalid(f"{run_dir} holds no shards ({path.name}: {error}); run `generate --rank` first") from error
    source = config.knowledge.model_copy(update={"digest": digest})
    return join(Bench.of(config, load(source), run_dir))


def _note(bench: Bench) -> None:
    """Leave what `merge` must know. Every rank leaves the same."""
    plan = {"config": bench.config.model_dump(mode="json"), "digest": bench.knowledge.digest}
    write_json(bench.run_dir / "shards" / "plan.json", plan)


def expected(config: SynthConfig, run_dir: Path) -> list[str]:
    """What `--dry-run` says: rows, candidates, calls and cost."""
    path = cases_path(config, run_dir)
    if not path.is_file():
        return [f"{path} does not exist yet; run `python -m synth cases` first"]
    cases = [case for case in read_jsonl(path, Case) if case.split in config.write.splits]
    wanted = config.write.rows or len(cases)
    shares = Counter(str(kind) for kind in kinds(config.write.kinds, wanted, config.seed))
    shards = how_many(wanted, config.write.shard_rows, len({case.group for case in cases}))
    quotas = portions(wanted, [1] * shards)  # nearly: shards are as large as the groups in them allow
    said = [
        f"{len(cases)} cases of {', '.join(config.write.splits)} in {path}",
        f"{wanted} rows wanted: {', '.join(f'{kind} {count}' for kind, count in sorted(shares.items()))}",
        f"{shards} shards",
        f"at most about {sum(config.write.budget(quota + reserve(quota, shards)) for quota in quotas)} candidates",
    ]
    if not cases or config.write.writer == "offline":
        return [*said, "writer offline: 0 calls, 0 tokens, cost 0"]
    return [*said, _price(Bench.of(config, load(config.knowledge), run_dir))]


def _price(bench: Bench) -> str:
    """What the first attempts at all rows will take of a model, those in the cache left out."""
    from ..writers.model import ModelWriter

    with closing(bench):
        writer = bench.shop.writer
        assert isinstance(writer, ModelWriter)
        tasks = [task for shard in bench.shards for task in bench.tasks(shard)]
        calls, tokens, cost = writer.estimate(tasks)
        again = bench.config.write.attempts - 1
    return (
        f"writer {writer.version}: about {calls} calls, {tokens} tokens, cost {cost:.2f} for the first attempts; what "
        f"the checks refuse is asked up to {again} times more"
    )
