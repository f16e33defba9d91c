"""Datasets: how many images carry each label, which is what the impact of an edit is counted in."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...core.knowledge import Knowledge
from ...editorial.database import Database
from ...editorial.inbox import datasets as stored
from ...editorial.inbox.datasets import DatasetRow
from ...editorial.times import timestamp
from ...wire.unmapped import DatasetDetail, DatasetInfo, DatasetLabels, DatasetList, DatasetName
from ..access import AJob, may_read
from ..dependencies import ClockNow, DatabaseNow, ReadingNow, fresh, json_body, takes
from ..openapi import gives
from .labels import resolution_row

router = APIRouter(tags=["datasets"])

# Some datasets have a slash in their name, hence `:path`.
_Name = Annotated[DatasetName, Path(description="in any case: HAM10000 and ham10000 are one dataset")]


@router.put("/datasets/{name:path}/labels", openapi_extra=takes(DatasetLabels), responses=gives(DatasetInfo))
async def register_labels(
    name: _Name,
    who: AJob,
    database: DatabaseNow,
    now: ClockNow,
    body: Annotated[DatasetLabels, Depends(json_body(DatasetLabels))],
) -> Response:
    """Register how many images of a dataset carry each label, in place of what was registered before.

    Without any label the dataset is registered no longer.
    """
    at = timestamp(now)
    await run_in_threadpool(_register, database, name, body.labels, who.name, at)
    row = DatasetRow(stored.dataset_name(name), len(body.labels), sum(body.labels.values()), at, who.name)
    return fresh(asdict(row))


@router.get("/datasets", dependencies=[Depends(may_read)], responses=gives(DatasetList))
async def datasets(database: DatabaseNow) -> Response:
    """All datasets whose label counts are registered, by name."""
    rows = await run_in_threadpool(_all, database)
    return fresh({"items": [asdict(row) for row in rows]})


@router.get("/datasets/{name:path}", dependencies=[Depends(may_read)], responses=gives(DatasetDetail))
async def dataset(name: _Name, database: DatabaseNow, reading: ReadingNow) -> Response:
    """The labels of a dataset, the most images first, and what each means in the release asked for."""
    return fresh(await run_in_threadpool(_one, database, name, reading.knowledge))


def _register(database: Database, name: str, labels: dict[str, int], author: str, at: str) -> None:
    with database.writing() as session:
        stored.register(session, name, labels, author=author, at=at)


def _all(database: Database) -> list[DatasetRow]:
    with database.reading() as session:
        return stored.datasets(session)


def _one(database: Database, name: str, know: Knowledge) -> dict[str, object]:
    with database.reading() as session:
        row = stored.dataset(session, name)
        labels = stored.dataset_labels(session, name)
    return {
        **asdict(row),
        "release": know.release,
        "items": [
            {"label": label, "images": images, "now": resolution_row(know.resolve(label, dataset=row.name))}
            for label, images in labels
        ],
    }
