"""Joining the shards of a run: exact, and the same whoever wrote them. Text is copied, not read again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from kg_service.core.errors import RecordInvalid
from kg_service.core.trajectory import Rejection, Trajectory
from kg_service.job import dump_record, whole_file

from ..checks.corpus import BANDS, NEAR, ROWS
from .index import Index
from .shards import COLUMNS, INDEX, JOURNAL, Shard, folder_of, seal_of
from .tally import Tally

# Of 32 MinHash values two texts 0.85 alike share 27; fewer than this is a chance of one in fifty thousand.
_SHARED = 18


@dataclass(frozen=True)
class Part:
    """A finished shard with its index, and which of its rows are taken: a mask of shape (n,)."""

    shard: Shard
    folder: Path
    index: Index
    taken: NDArray[np.bool_]


@dataclass(frozen=True)
class Twin:
    """A row of one part that says nearly what an earlier row of another says, or `exact`: word for word."""

    part: int
    row: int
    first: tuple[int, int]
    exact: bool


@dataclass(frozen=True)
class Joined:
    """The rows of a run: the parts with what is taken of each, what the twins became, and all counts."""

    parts: tuple[Part, ...]
    twins: tuple[Trajectory | Rejection, ...]
    tally: Tally

    def column(self, name: str) -> list[Any]:
        """One column of the indexes over the rows that were taken."""
        return [value for part in self.parts for value in getattr(part.index, name)[part.taken].tolist()]


def collect(run_dir: Path, shards: Sequence[Shard], everywhere: bool, excused: Sequence[str] = ()) -> Joined:
    """Choose the rows of a run from its shards.

    Each shard gives its quota. A row that says (nearly) what a row of an earlier shard says is left out, and one of
    the reserve, of the same kind where there is one, takes its place.

    Args:
        everywhere: whether a text may not come back under another image (`checks.Corpus`).
        excused: flags that do not keep a row out.

    Raises:
        RecordInvalid: shards are missing; the message names them and says how they are made.
    """
    seals = [seal_of(run_dir, shard) for shard in shards]
    if missing := [shard.place for shard, seal in zip(shards, seals, strict=True) if seal is None]:
        total = len(shards)
        raise RecordInvalid(
            f"{len(missing)} of {total} shards of {run_dir} are not there or are of another configuration: "
            f"{', '.join(map(str, missing[:20]))}{', …' if len(missing) > 20 else ''}. Rank R of N makes those whose "
            "number leaves R when divided by N: start the ranks that make these again, or `generate` without --rank, "
            "which makes what is missing and joins."
        )
    tally = Tally()
    for seal in seals:
        assert seal is not None
        tally.add(seal["tally"])
    folders = [folder_of(run_dir, shard) for shard in shards]
    indexes = [Index.load(folder / INDEX, folder / JOURNAL) for folder in folders]
    twins = _twins(indexes, near="DUP_NEAR" not in excused) if everywhere and len(shards) > 1 else []
    out = {(twin.part, twin.row) for twin in twins}
    masks = _take(shards, indexes, out)
    parts = tuple(
        Part(shard, folder, index, mask)
        for shard, folder, index, mask in zip(shards, folders, indexes, masks, strict=True)
    )
    adapter = TypeAdapter(Trajectory)
    left_out = tuple(_left_out(parts, twin, adapter) for twin in twins)
    for twin, one in zip(twins, left_out, strict=True):
        if isinstance(one, Rejection):
            tally.refuse(one, str(indexes[twin.part].gold[twin.row]))
        else:
            tally.quarantined += 1
            tally.flags["DUP_NEAR"] += 1
    tally.accepted = int(sum(mask.sum() for mask in masks))
    return Joined(parts, left_out, tally)


def _take(shards: Sequence[Shard], indexes: Sequence[Index], out: set[tuple[int, int]]) -> list[NDArray[np.bool_]]:
    """As many rows as the quotas ask for, if there are so many."""
    masks = [~index.spare for index in indexes]
    spare = [
        (str(index.wanted[row]), part, int(row))
        for part, index in enumerate(indexes)
        for row in np.flatnonzero(index.spare)
        if (part, int(row)) not in out
    ]
    for part, row in out:
        masks[part][row] = False
    wanting: list[tuple[int, str]] = []
    for part, (shard, index) in enumerate(zip(shards, indexes, strict=True)):
        lost = [str(index.wanted[row]) for row in range(len(index)) if (part, row) in out and not index.spare[row]]
        short = shard.quota - int(masks[part].sum())
        wanting += [(part, kind) for kind in (*lost, *[""] * (short - len(lost)))]
    for part, kind in wanting:
        if not spare:
            break
        best = min(spare, key=lambda one: (one[0] != kind, one[1] != part, one))
        spare.remove(best)
        masks[best[1]][best[2]] = True
    return masks


def _twins(indexes: Sequence[Index], *, near: bool) -> list[Twin]:
    """Rows to leave out, each for the first row kept that it resembles. The reserves come after all others."""
    order = [
        (part, int(row))
        for spare in (False, True)
        for part, index in enumerate(indexes)
        for row in np.flatnonzero(index.spare == spare)
    ]
    part = np.array([one[0] for one in order], np.int64)
    row = np.array([one[1] for one in order], np.int64)
    alike: dict[int, list[tuple[int, bool]]] = {}  # row -> rows before it, and whether every word is the same
    texts = np.concatenate([index.text for index in indexes])
    starts = np.cumsum([0, *(len(index) for index in indexes)])
    place = starts[part] + row  # of the ordered rows in what is concatenated
    for i, j in _equal(texts[place], part):
        alike.setdefault(j, []).append((i, True))
    if near:
        signatures = np.concatenate([index.signature for index in indexes])[place]
        sizes = np.concatenate([np.diff(index.ends, prepend=0) for index in indexes])[place]
        for i, j in sorted(_candidates(signatures, sizes, part)):
            if _jaccard(_shingles(indexes, order[i]), _shingles(indexes, order[j])) >= NEAR:
                alike.setdefault(j, []).append((i, False))
    found: list[Twin] = []
    gone: set[int] = set()
    for j in sorted(alike):
        if kept := [(not exact, i) for i, exact in alike[j] if i not in gone]:
            gone.add(j)
            similar, i = min(kept)
            found.append(Twin(*order[j], order[i], not similar))
    return found


def _equal(keys: NDArray[Any], part: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Pairs i < j of different parts with the same key; of several with one key, each with the first."""
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    heads = first[inverse]
    for j in np.flatnonzero((heads < np.arange(len(keys))) & (part[heads] != part)):
        yield int(heads[j]), int(j)


def _candidates(
    signatures: NDArray[np.uint32], sizes: NDArray[np.int64], part: NDArray[np.int64]
) -> set[tuple[int, int]]:
    """Pairs i < j of different parts that share a band of their signatures and may be alike enough."""
    found: set[tuple[int, int]] = set()
    for band in range(BANDS):
        keys = np.ascontiguousarray(signatures[:, band * ROWS : (band + 1) * ROWS]).view(f"V{4 * ROWS}").ravel()
        _, group = np.unique(keys, return_inverse=True)
        ordered = np.argsort(group, kind="stable")
        sorted_group = group[ordered]
        for step in range(1, len(ordered)):
            same = np.flatnonzero(sorted_group[step:] == sorted_group[:-step])
            if not len(same):
                break
            i, j = ordered[same], ordered[same + step]
            fit = part[i] != part[j]
            small, large = np.minimum(sizes[i], sizes[j]), np.maximum(sizes[i], sizes[j])
            fit &= small >= NEAR * large
            i, j = i[fit], j[fit]
            close = (signatures[i] == signatures[j]).sum(axis=1) >= _SHARED
            found.update(zip(i[close].tolist(), j[close].tolist(), strict=True))
    return found


def _shingles(indexes: Sequence[Index], at: tuple[int, int]) -> NDArray[np.uint32]:
    index, row = indexes[at[0]], at[1]
    return index.shingles[index.ends[row - 1] if row else 0 : index.ends[row]]


def _jaccard(a: NDArray[np.uint32], b: NDArray[np.uint32]) -> float:
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / (len(a) + len(b) - shared)


def write(run_dir: Path, joined: Joined, *, parquet: bool) -> None:
    """Leave trajectories.jsonl, quarantine.jsonl, rejections.jsonl and, if wanted, parquet/."""
    with (
        whole_file(run_dir / "trajectories.jsonl") as rows,
        whole_file(run_dir / "quarantine.jsonl") as quarantine,
        whole_file(run_dir / "rejections.jsonl") as rejections,
    ):
        for part in joined.parts:
            journal = (part.folder / JOURNAL).read_bytes()
            index = part.index
            own = np.stack([index.start, index.size], axis=1)[part.taken]
            for file, spans in ((rows, own), (quarantine, index.quarantine), (rejections, index.refused)):
                file.write(b"".join(journal[start : start + size] + b"\n" for start, size in spans.tolist()))
        for one in joined.twins:
            (rejections if isinstance(one, Rejection) else quarantine).write(dump_record(one).encode() + b"\n")
    if parquet:
        _columns(run_dir / "parquet", joined.parts)


def _left_out(parts: Sequence[Part], twin: Twin, adapter: TypeAdapter[Trajectory]) -> Trajectory | Rejection:
    """What a twin becomes: the same text is a rejection, a similar one goes to quarantine."""
    row = _row(parts[twin.part], twin.row, adapter)
    if not twin.exact:
        return replace(row, flags=tuple(sorted({*row.flags, "DUP_NEAR"})))
    first = _row(parts[twin.first[0]], twin.first[1], adapter)
    candidate = {"id": row.id, "reply": row.reply, "request": row.provenance["request"]}
    return Rejection(row.case_id, row.kind, "DUP_EXACT", f"the text is that of {first.id}", candidate)


def _row(part: Part, row: int, adapter: TypeAdapter[Trajectory]) -> Trajectory:
    with (part.folder / JOURNAL).open("rb") as file:
        file.seek(int(part.index.start[row]))
        return adapter.validate_json(file.read(int(part.index.size[row])))


def _columns(folder: Path, parts: Sequence[Part]) -> None:
    """One Parquet file for each shard that gave rows; those of an earlier run go."""
    from .parquet import load, save

    kept = set()
    for part in parts:
        if part.taken.any():
            path = folder / f"{part.shard.name}.parquet"
            save(load(part.folder / COLUMNS).filter(part.taken), path)
            kept.add(path)
    for old in set(folder.glob("*.parquet")) - kept:
        old.unlink()
