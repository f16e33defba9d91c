"""What a shard tells of its rows without their text, as numpy arrays: enough to join and to report."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kg_service.core.errors import RecordInvalid
from kg_service.core.trajectory import StepKind, Trajectory
from kg_service.job import whole_file

from ..checks.corpus import BANDS, ROWS
from ..reading import quotations

if TYPE_CHECKING:
    from .line import Line

Numbers = NDArray[np.int64]
Words = NDArray[np.str_]


@dataclass(frozen=True)
class Index:
    """Arrays of shape (n,) over the accepted rows of a shard in their order.

    `start`, `size` (bytes in the journal) · `case`, `gold`, `kind`, `via` · `wanted` (kind), `spare` (of the reserve) ·
    `length` (words) · `quoted` (JSON: passage id -> words) · `engine` · `text` (digest) · `signature` (n, BANDS * ROWS)
    · `shingles` (all of them, those of row i end at `ends[i]`). `quarantine` and `refused` (m, 2) are starts and sizes
    of other records.
    """

    start: Numbers
    size: Numbers
    case: Words
    gold: Words
    kind: Words
    wanted: Words
    spare: NDArray[np.bool_]
    via: Words
    length: Numbers
    quoted: Words
    engine: Words
    text: NDArray[np.bytes_]
    signature: NDArray[np.uint32]
    shingles: NDArray[np.uint32]
    ends: Numbers
    quarantine: Numbers
    refused: Numbers

    @classmethod
    def of(cls, line: Line) -> Index:
        kept, rows = line.rows, [kept.row for kept in line.rows]
        shingles = [np.frombuffer(one.sketch.shingles, np.uint32) for one in kept]
        return cls(
            start=np.array([one.span.start for one in kept], np.int64),
            size=np.array([one.span.size for one in kept], np.int64),
            case=np.array([row.case_id for row in rows], np.str_),
            gold=np.array([row.gold for row in rows], np.str_),
            kind=np.array([str(row.kind) for row in rows], np.str_),
            wanted=np.array([str(one.wish.kind) for one in kept], np.str_),
            spare=np.array([one.wish.spare for one in kept], bool),
            via=np.array([" ".join(d.via for d in row.distractors) for row in rows], np.str_),
            length=np.array([sum(len(step.text.split()) for step in row.steps) for row in rows], np.int64),
            quoted=np.array([_quoted(row) for row in rows], np.str_),
            engine=np.array([f"{row.provenance['engine']} {row.provenance['model']}" for row in rows], np.str_),
            text=np.array([one.sketch.text.hex() for one in kept], "S32"),
            signature=np.frombuffer(b"".join(one.sketch.signature for one in kept), np.uint32).reshape(
                -1, BANDS * ROWS
            ),
            shingles=np.concatenate(shingles) if shingles else np.zeros(0, np.uint32),
            ends=np.cumsum([len(one) for one in shingles], dtype=np.int64),
            quarantine=_pairs([(span.start, span.size) for _, span in line.quarantine]),
            refused=_pairs([(span.start, span.size) for span in line.refused]),
        )

    @classmethod
    def load(cls, path: Path, journal: Path) -> Index:
        """The index of a finished shard, whose journal holds all that it points at.

        Raises:
            RecordInvalid: one of them is damaged.
        """
        try:
            with np.load(path, allow_pickle=False) as found:
                index = cls(**{field.name: found[field.name] for field in fields(cls)})
            spans = np.concatenate([np.stack([index.start, index.size], axis=1), index.quarantine, index.refused])
            if spans.size and spans.sum(axis=1).max() > journal.stat().st_size:
                raise ValueError(f"{journal.name} is shorter than it was")
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise RecordInvalid(
                f"{path.parent} is damaged ({error}); delete its done.json and run `generate` again: what its journal "
                "still holds is not written anew"
            ) from error
        return index

    def save(self, path: Path) -> None:
        arrays: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        with whole_file(path) as file:
            np.savez(file, **arrays)

    def __len__(self) -> int:
        return len(self.start)


def _pairs(spans: list[tuple[int, int]]) -> Numbers:
    return np.array(spans, np.int64).reshape(-1, 2)


def _quoted(row: Trajectory) -> str:
    """Words quoted from each passage, as JSON; empty where nothing is quoted."""
    found: dict[str, int] = {}
    for step in row.steps:
        if step.kind is StepKind.TEXTBOOK or "“" in step.text:
            words = sum(len(quoted.split()) for quoted in quotations(step.text))
            cited = sorted(row.aliases[ref] for ref in step.refs if ref.startswith("P") and ref in row.aliases)
            if words and cited:
                found[cited[0]] = found.get(cited[0], 0) + words
    return json.dumps(found) if found else ""
