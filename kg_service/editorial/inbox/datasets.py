"""The registered label counts of datasets: every query about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, func, insert
from sqlalchemy import select as select_rows
from sqlmodel import Session, col, select

from ...core.errors import UnknownDataset
from ...core.fold import basic
from .models import DatasetLabel, key_of


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """A dataset as it was registered last."""

    name: str
    labels: int
    images: int
    at: str
    author: str


def dataset_name(text: str) -> str:
    """One name for all spellings: "HAM10000" and "ham10000" are one dataset, as they are for its crosswalk."""
    return basic(text)


def register(session: Session, dataset: str, labels: Mapping[str, int], *, author: str, at: str) -> None:
    """Replace all that was registered for the dataset. No labels: it is registered no longer.

    Args:
        labels: label -> images, in the spelling of the dataset.
    """
    name = dataset_name(dataset)
    session.connection().execute(delete(DatasetLabel).where(col(DatasetLabel.dataset) == name))
    rows = [
        {"key": key_of(name, label), "dataset": name, "label": label, "images": images, "at": at, "author": author}
        for label, images in labels.items()
    ]
    if rows:
        session.connection().execute(insert(DatasetLabel), rows)


def datasets(session: Session) -> list[DatasetRow]:
    """All datasets by name."""
    found = session.connection().execute(_rows().order_by(col(DatasetLabel.dataset))).all()
    return [_row(*row) for row in found]


def dataset(session: Session, name: str) -> DatasetRow:
    """
    Raises:
        UnknownDataset: nobody registered it.
    """
    query = _rows().where(col(DatasetLabel.dataset) == dataset_name(name))
    found = session.connection().execute(query).first()
    if found is None:
        raise UnknownDataset(f"no dataset {name!r} is registered; GET /v1/datasets lists those that are")
    return _row(*found)


def dataset_labels(session: Session, name: str) -> list[tuple[str, int]]:
    """(label, images) of one dataset, the most images first."""
    query = select(DatasetLabel.label, DatasetLabel.images).where(DatasetLabel.dataset == dataset_name(name))
    return list(session.exec(query.order_by(col(DatasetLabel.images).desc(), col(DatasetLabel.label))).all())


def label_counts(session: Session) -> dict[tuple[str, str], int]:
    """(dataset, label) -> images, over all registered datasets: what an impact is counted in."""
    query = select(DatasetLabel.dataset, DatasetLabel.label, DatasetLabel.images)
    return {(dataset, label): images for dataset, label, images in session.exec(query)}


def stamp(session: Session) -> tuple[int, int, str]:
    """Something that differs once anything was registered since: labels, images, and when the newest were."""
    query = select_rows(func.count(), func.sum(col(DatasetLabel.images)), func.max(col(DatasetLabel.at)))
    labels, images, at = session.connection().execute(query).one()
    return labels, int(images or 0), at or ""


def _rows():
    # One registration writes all rows of a dataset, so the largest time and author of them are the only ones.
    at, author = func.max(col(DatasetLabel.at)), func.max(col(DatasetLabel.author))
    name, images = col(DatasetLabel.dataset), func.sum(col(DatasetLabel.images))
    return select_rows(name, func.count(), images, at, author).group_by(name)


def _row(name: str, labels: int, images: int, at: str, author: str) -> DatasetRow:
    # PostgreSQL adds up to a Decimal.
    return DatasetRow(name, labels, int(images), at, author)
