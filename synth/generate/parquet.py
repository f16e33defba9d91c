"""Trajectories as columns, for tools that read Parquet. Images are named by their path, never embedded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from kg_service.core.errors import RecordInvalid
from kg_service.core.trajectory import Trajectory
from kg_service.job import whole_file

# A flat row; what repeats is nested. `text` is the rationale without its tags. `aliases` resolves the refs of steps.
SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("case_id", pa.string()),
        ("image", pa.string()),
        ("kind", pa.dictionary(pa.int8(), pa.string())),
        ("gold", pa.dictionary(pa.int32(), pa.string())),
        ("condition", pa.dictionary(pa.int8(), pa.string())),
        ("distractors", pa.list_(pa.struct([("concept", pa.string()), ("via", pa.string())]))),
        ("steps", pa.list_(pa.struct([("kind", pa.string()), ("text", pa.string()), ("refs", pa.list_(pa.string()))]))),
        ("aliases", pa.map_(pa.string(), pa.string())),
        ("reply", pa.string()),
        ("answer_visible", pa.bool_()),
        ("flags", pa.list_(pa.string())),
        *((name, pa.string()) for name in ("release", "digest", "facts", "engine", "model", "style", "prompt")),
        ("seed", pa.int64()),
        ("attempt", pa.int32()),
        ("request", pa.string()),
        ("call", pa.string()),
        ("tokens", pa.int64()),
        ("cost", pa.float64()),
    ]
)
_OF_PROVENANCE = SCHEMA.names[SCHEMA.names.index("flags") + 1 :]


def table(rows: Sequence[Trajectory]) -> pa.Table:
    """Rows as an Arrow table of `SCHEMA`."""
    columns: dict[str, list[object]] = {
        "id": [row.id for row in rows],
        "case_id": [row.case_id for row in rows],
        "image": [row.image for row in rows],
        "kind": [row.kind for row in rows],
        "gold": [row.gold for row in rows],
        "condition": [row.condition for row in rows],
        "distractors": [[(d.concept, d.via) for d in row.distractors] for row in rows],
        "steps": [[(s.kind, s.text, s.refs) for s in row.steps] for row in rows],
        "aliases": [list(row.aliases.items()) for row in rows],
        "reply": [row.reply for row in rows],
        "answer_visible": [row.answer_visible for row in rows],
        "flags": [row.flags for row in rows],
        **{name: [row.provenance.get(name) for row in rows] for name in _OF_PROVENANCE},
    }
    return pa.table([pa.array(columns[field.name], field.type) for field in SCHEMA], schema=SCHEMA)


def save(found: pa.Table, path: Path) -> None:
    """Write a table, whole or not at all, compressed with zstd."""
    with whole_file(path) as file:
        pq.write_table(found, file, compression="zstd")


def load(path: Path) -> pa.Table:
    """The columns of a file.

    Raises:
        RecordInvalid: it is missing or damaged.
    """
    try:
        return pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise RecordInvalid(f"{path} is damaged ({error}); delete the done.json of its shard and run again") from error
