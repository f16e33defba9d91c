"""Batch scoring. The numbers are those of `core.reward`, equal to the last bit."""

from __future__ import annotations

from typing import Annotated

import pydantic_core
from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...core.concept import Condition
from ...core.errors import RequestInvalid, RequestTooLarge
from ...core.reward import SPECS, RewardSpec, score_column, score_labels
from ...wire import MAX_SCORE_ROWS, ScoreRequest, answers
from ..dependencies import JSON, ReadingNow, json_body, takes
from ..openapi import gives
from ..reading import Reading

router = APIRouter(tags=["reward"])


@router.post("/score", openapi_extra=takes(ScoreRequest), responses=gives(answers.ScoreAnswer))
async def score(reading: ReadingNow, body: Annotated[ScoreRequest, Depends(json_body(ScoreRequest))]) -> Response:
    """What replies earn, term by term, in columns. `labels` instead of `replies` gives the granularity term alone."""
    if body.spec not in SPECS:
        raise RequestInvalid(f"spec: no reward is called {body.spec!r}; there are {', '.join(SPECS)}")
    if len(body.golds) > MAX_SCORE_ROWS or len(body.replies or body.labels or ()) > MAX_SCORE_ROWS:
        raise RequestTooLarge(f"golds: one request may carry {MAX_SCORE_ROWS} rows, not {len(body.golds)}")
    if (body.replies is None) == (body.labels is None):
        raise RequestInvalid("replies: send either replies or labels")
    work = _labels if body.labels is not None else _replies
    return Response(await run_in_threadpool(work, reading, body, SPECS[body.spec]), media_type=JSON)


def _replies(reading: Reading, body: ScoreRequest, spec: RewardSpec) -> bytes:
    assert body.replies is not None
    conditions = body.conditions
    rows = score_column(
        body.replies,
        body.golds,
        reading.knowledge,
        spec,
        options=body.options,
        conditions=None if conditions is None else [None if c is None else Condition(c) for c in conditions],
        dialect=body.dialect,
        paths=body.paths,
    )
    return _to_json(
        {
            "total": [row.total for row in rows],
            "format": [row.format for row in rows],
            "granularity": [row.granularity for row in rows],
            "condition": [row.condition for row in rows],
            "grounding": [row.grounding for row in rows],
            "predicted": [row.predicted for row in rows],
            "malformed": [row.malformed for row in rows],
            "condition_scored": [row.condition_scored for row in rows],
            "abstained": [row.abstained for row in rows],
        },
        reading,
        spec,
    )


def _labels(reading: Reading, body: ScoreRequest, spec: RewardSpec) -> bytes:
    assert body.labels is not None
    foreign = [name for name in ("options", "conditions", "paths") if getattr(body, name) is not None]
    if foreign:
        raise RequestInvalid(f"{foreign[0]}: belongs to replies; labels are scored by granularity alone")
    earned = score_labels(body.labels, body.golds, reading.knowledge, spec)
    return _to_json({"granularity": earned.tolist()}, reading, spec)


def _to_json(columns: dict[str, list], reading: Reading, spec: RewardSpec) -> bytes:
    # This serialiser writes the shortest text that reads back as the same float, ten times faster than json.
    release = reading.release
    return pydantic_core.to_json(
        {**columns, "release": release.id, "digest": release.digest, "spec_digest": spec.digest}
    )
