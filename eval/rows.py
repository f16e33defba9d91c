"""What a file of predictions holds, and what it says of its own making."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kg_service.core.errors import RecordInvalid
from kg_service.job import read_jsonl

from .prediction import Prediction


def place_in(row: dict[str, Any]) -> tuple[str, str, str, str, int]:
    """`place_of` for a row as it lies in the file; rows of before there were tasks are open diagnoses."""
    about = json.dumps(row.get("about", {}), sort_keys=True)
    return row["case_id"], row.get("task", "diagnosis"), row.get("look", "real"), about, row["sample"]


def check_same(
    rows: Sequence[dict[str, Any]],
    keys: Mapping[tuple[str, str, str, str, int], str],
    fingerprint: str,
    path: Path,
    model: str,
) -> None:
    """
    Raises:
        RecordInvalid: the rows are no predictions, of another model, or answers to other questions.
    """
    afresh = "Choose a new run directory, or delete the file to start afresh."
    needed = {"case_id", "sample", "key", "fingerprint", "reply", "complete"}
    if not all(isinstance(row, dict) and needed <= row.keys() for row in rows):
        raise RecordInvalid(f"{path} holds lines that are no predictions. {afresh}")
    if others := {row["fingerprint"] for row in rows} - {fingerprint}:
        raise RecordInvalid(
            f"{path} holds replies of another model ({min(others)[:24]}…) than {model} ({fingerprint[:24]}…). {afresh}"
        )
    if strange := sum(keys.get(place_in(row)) != row["key"] for row in rows):
        raise RecordInvalid(f"{path} holds {strange} replies to questions that are not asked now, or not so. {afresh}")


def asked_beside(predictions: Path) -> dict[str, int] | None:
    """How many questions there were about each case, as `predict` left it beside a file; None where it did not."""
    path = predictions.with_name("asked.json")
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def told(path: Path) -> dict[str, Any]:
    """What the rows of a file say of their making: how many, tokens, how they ended, and by which servers.

    Equal greedy questions share one reply, whose tokens count once.
    """
    rows = list(read_jsonl(path, Prediction))
    once = {(row.key, row.case_id if row.sampling.temperature else ""): row for row in rows}.values()
    return {
        "rows": len(rows),
        "replies": len(once),
        "tokens_in": sum(row.tokens_in for row in once),
        "tokens_out": sum(row.tokens_out for row in once),
        "finish": dict(sorted(Counter(row.finish for row in once).items())),
        "served": sorted({row.served for row in once if row.served}),
    }
