"""A run in parts that need nothing of each other: how cases are cut into shards, and what a finished shard leaves.

A shard is a folder. `rows.jsonl` is its journal and the truth; `index.npz` says where its rows stand in it and what
tells them from other rows; `rows.parquet` has them as columns; `done.json` seals it with its counts and the digest of
all that it was made from.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg_service.core.case import Case
from kg_service.core.errors import RecordInvalid, SkinR1Error
from kg_service.core.knowledge import Knowledge
from kg_service.core.trajectory import Kind
from kg_service.job import file_digest

from ..chance import number
from ..facts import digest_of_text
from ..settings import SynthConfig
from .queue import kinds, portions
from .shop import PROMPT

JOURNAL, INDEX, COLUMNS, SEAL = "rows.jsonl", "index.npz", "rows.parquet", "done.json"
_FORMAT = "1"  # of what a shard leaves
_PATIENCE = 20  # tenths of a second: a child whose parent was killed needs a moment to end


class ShardBusy(SkinR1Error):
    """Another process is writing this shard."""

    code = "shard-busy"


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of the cases and of the rows wanted.

    The first `quota` of `kinds` are the shard's own; those after it are the reserve, from which rows are taken where
    the merge finds that two shards wrote alike. `request` is the digest of everything that the rows depend on.
    """

    place: int
    cases: tuple[Case, ...]
    kinds: tuple[Kind, ...]
    quota: int
    request: str

    @property
    def name(self) -> str:
        return f"{self.place:05d}"


def cut(config: SynthConfig, knowledge: Knowledge, cases: Sequence[Case], path: Path) -> list[Shard]:
    """The shards of a run: they depend on seed and configuration, never on who does the work.

    Groups (patients, lesions) stay whole, and each gold is dealt evenly.

    Args:
        cases: those to write from.
        path: the file they come from.
    """
    write, seed = config.write, config.seed
    rows = write.rows or len(cases)
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        groups[case.group].append(case)
    count = how_many(rows, write.shard_rows, len(groups))
    dealt: list[list[Case]] = [[] for _ in range(count)]
    ranked = sorted((members[0].gold, number(seed, f"shard/{group}"), group) for group, members in groups.items())
    for place, (_, _, group) in enumerate(ranked):
        dealt[place % count] += groups[group]
    wanted = kinds(write.kinds, rows, seed)
    material = digest_of_text(
        _FORMAT, str(seed), write.model_dump_json(exclude={"cases", "passages"}), config.model.model_dump_json(),
        knowledge.digest, PROMPT, file_digest(path), file_digest(Path(write.passages)) if write.passages else "",
    )  # fmt: skip
    found: list[Shard] = []
    start = 0
    for place, (members, quota) in enumerate(zip(dealt, portions(rows, [len(m) for m in dealt]), strict=True)):
        own = wanted[start : start + quota]
        start += quota
        spare = kinds(write.kinds, reserve(quota, count), number(seed, f"reserve/{place}"))
        found.append(
            Shard(place, tuple(members), (*own, *spare), quota, digest_of_text(material, str(place), str(count)))
        )
    return found


def how_many(rows: int, of_one: int, groups: int) -> int:
    """Shards of a run: none of more than `of_one` rows, and a group for each."""
    return max(1, min(-(-rows // of_one), groups))


def reserve(quota: int, shards: int) -> int:
    """Rows beyond the quota of one of so many shards: a hundredth of it and two more; none where it is the only one."""
    return -(-quota // 100) + 2 if shards > 1 else 0


def folder_of(run_dir: Path, shard: Shard) -> Path:
    return run_dir / "shards" / shard.name


def seal_of(run_dir: Path, shard: Shard) -> dict[str, Any] | None:
    """What a finished shard says of itself; None where it is not finished, or was made from something else.

    Raises:
        RecordInvalid: the seal is not JSON.
    """
    path = folder_of(run_dir, shard) / SEAL
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise RecordInvalid(f"{path} is damaged; delete it and run `generate` again") from error
    return found if found.get("request") == shard.request else None


def finished(run_dir: Path, shard: Shard) -> bool:
    """Whether nothing is left to do. A shard that waits for a model, or lacks rows it did not answer for, is not."""
    seal = seal_of(run_dir, shard)
    return seal is not None and seal["settled"]


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep a shard to oneself. The system lets go when the process ends, however it ends.

    Raises:
        ShardBusy: another process holds it; the message says which.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as file:
        for left in reversed(range(_PATIENCE)):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if left:
                    time.sleep(0.1)
                    continue
                file.seek(0)
                raise ShardBusy(
                    f"{folder} is being written by {file.read().strip() or 'another process'}. Each rank needs a "
                    "number of its own; wait for that process, or end it."
                ) from error
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        file.flush()
        yield
