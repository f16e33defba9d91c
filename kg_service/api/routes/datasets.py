"""Datasets: how many images carry each label, which is what the impact of an edit is counted in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from ...editorial.inbox import datasets as stored
from ...editorial.inbox.datasets import DatasetRow
from ...editorial.times import timestamp
from ...wire.answers import ResolvedLabel
from ...wire.unmapped import DatasetDetail, DatasetInfo, DatasetLabel, DatasetLabels, DatasetList, DatasetName
from ..access import AJob, may_read
from ..dependencies import ClockNow, DatabaseNow, ReadingNow, json_body, takes
from .labels import resolution_row

router = APIRouter(tags=["datasets"])

_Name = Annotated[DatasetName, Path(description="in any case: HAM10000 and ham10000 are one dataset")]


@router.put("/datasets/{name}/labels", openapi_extra=takes(DatasetLabels))
def register_labels(
    name: _Name,
    who: AJob,
    database: DatabaseNow,
    now: ClockNow,
    body: Annotated[DatasetLabels, Depends(json_body(DatasetLabels))],
) -> DatasetInfo:
    """Register how many images of a dataset carry each label, in place of what was registered before.

    Without any label the dataset is registered no longer.
    """
    at = timestamp(now)
    with database.writing() as session:
        stored.register(session, name, body.labels, author=who.name, at=at)
    row = DatasetRow(stored.dataset_name(name), len(body.labels), sum(body.labels.values()), at, who.name)
    return _info(row)


@router.get("/datasets", dependencies=[Depends(may_read)])
def datasets(database: DatabaseNow) -> DatasetList:
    """All datasets whose label counts are registered, by name."""
    with database.reading() as session:
        return DatasetList(items=[_info(row) for row in stored.datasets(session)])


@router.get("/datasets/{name}", dependencies=[Depends(may_read)])
def dataset(name: _Name, database: DatabaseNow, reading: ReadingNow) -> DatasetDetail:
    """The labels of a dataset, the most images first, and what each means now."""
    with database.reading() as session:
        row = stored.dataset(session, name)
        labels = stored.dataset_labels(session, name)
    know = reading.knowledge
    return DatasetDetail(
        **_info(row).model_dump(),
        release=know.release,
        items=[
            DatasetLabel(
                label=label,
                images=images,
                now=ResolvedLabel.model_validate(resolution_row(know.resolve(label, dataset=row.name))),
            )
            for label, images in labels
        ],
    )


def _info(row: DatasetRow) -> DatasetInfo:
    return DatasetInfo.model_validate(row, from_attributes=True)
