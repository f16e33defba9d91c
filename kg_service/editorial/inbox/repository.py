"""Every query about unmapped labels and the decisions on them. Functions take a session."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, delete, func, insert, or_
from sqlmodel import Session, col, select

from ...core.errors import UnknownDecision, UnknownLabel
from ..models import Proposal
from .datasets import dataset_name
from .models import LabelDecision, UnmappedLabel, key_of
from .standing import Decided

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Unresolved:
    """What a job says of one label: how many images carry it, and why it named nothing there."""

    dataset: str
    label: str
    images: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reported:
    """One job's newest word on a label."""

    job: str
    images: int
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A label that some job could not resolve. `images` is the largest of the jobs' counts.

    Jobs read the same datasets, so adding their counts up would count images twice; a job that saw fewer images had
    a part of the dataset.
    """

    dataset: str
    label: str
    images: int

    @property
    def key(self) -> str:
        return key_of(self.dataset, self.label)


# -- reports -----------------------------------------------------------------------------------------------------------


def replace_report(session: Session, job: str, items: Iterable[Unresolved], *, at: str) -> int:
    """Take a job's report in place of its earlier one for the datasets that it names. Returns how many labels it has.

    A label that stands twice in one report has the images of both rows.
    """
    images: dict[tuple[str, str], int] = {}
    reasons: dict[tuple[str, str], str] = {}
    for item in items:
        named = dataset_name(item.dataset), item.label
        images[named] = images.get(named, 0) + item.images
        reasons[named] = item.reason or reasons.get(named, "")
    for dataset in sorted({dataset for dataset, _ in images}):
        mine = and_(col(UnmappedLabel.job) == job, col(UnmappedLabel.dataset) == dataset)
        session.connection().execute(delete(UnmappedLabel).where(mine))
    rows = [
        {"key": key_of(*named), "job": job, "dataset": named[0], "label": named[1], "images": count,
         "reason": reasons[named], "at": at}
        for named, count in images.items()
    ]  # fmt: skip
    if rows:
        session.connection().execute(insert(UnmappedLabel), rows)
    return len(rows)


def label_rows(
    session: Session,
    *,
    dataset: str | None = None,
    after: LabelRow | None = None,
    key: str | None = None,
    decided: bool = False,
) -> Iterator[LabelRow]:
    """Reported labels, the most images first. Read as far as they are taken.

    Args:
        after: the last row of the page before.
        decided: only those about which there is a decision that was not taken back.
    """
    images, name, label = func.max(col(UnmappedLabel.images)), col(UnmappedLabel.dataset), col(UnmappedLabel.label)
    query = select(name, label, images.label("most")).group_by(col(UnmappedLabel.key), name, label)
    if dataset is not None:
        query = query.where(name == dataset_name(dataset))
    if key is not None:
        query = query.where(UnmappedLabel.key == key)
    if decided:
        standing = select(LabelDecision.key).where(col(LabelDecision.undone).is_(None))
        query = query.where(col(UnmappedLabel.key).in_(standing))
    if after is not None:
        later = or_(name > after.dataset, and_(name == after.dataset, label > after.label))
        query = query.having(or_(images < after.images, and_(images == after.images, later)))
    ordered = query.order_by(images.desc(), name, label).execution_options(yield_per=_CHUNK)
    for row in session.exec(ordered):
        yield LabelRow(*row)


def label_row(session: Session, dataset: str, label: str) -> LabelRow:
    """
    Raises:
        UnknownLabel: no job reported it.
    """
    for row in label_rows(session, key=key_of(dataset_name(dataset), label)):
        return row
    raise UnknownLabel(f"no job has reported the label {label!r} of {dataset!r} as unmapped")


def reports(session: Session, keys: Sequence[str]) -> dict[str, list[Reported]]:
    """Label key -> what each job says of it, the most images first."""
    found: dict[str, list[Reported]] = {}
    for start in range(0, len(keys), _CHUNK):
        query = select(UnmappedLabel).where(col(UnmappedLabel.key).in_(keys[start : start + _CHUNK]))
        for row in session.exec(query.order_by(col(UnmappedLabel.images).desc(), col(UnmappedLabel.job))):
            found.setdefault(row.key, []).append(Reported(row.job, row.images, row.reason, row.at))
    return found


# -- decisions ---------------------------------------------------------------------------------------------------------


def add_decision(session: Session, decision: LabelDecision) -> int:
    """Its number."""
    session.add(decision)
    session.flush()
    assert decision.number is not None
    return decision.number


def drop_decision(session: Session, number: int) -> None:
    """Forget a decision whose proposal was refused."""
    session.connection().execute(delete(LabelDecision).where(col(LabelDecision.number) == number))


def decision_row(session: Session, number: int) -> LabelDecision:
    """The row itself, to be changed.

    Raises:
        UnknownDecision: there is none.
    """
    # Numbers that no database column can hold name nothing either.
    row = session.get(LabelDecision, number) if 0 < number < 1 << 31 else None
    if row is None:
        raise UnknownDecision(f"there is no decision {number}")
    return row


def newest_decisions(session: Session, *, dataset: str | None = None, key: str | None = None) -> Mapping[str, Decided]:
    """Label key -> the newest decision on it that was not taken back, with the state of its proposal."""
    query = (
        select(LabelDecision, Proposal.state)
        .join(Proposal, col(Proposal.number) == col(LabelDecision.proposal), isouter=True)
        .where(col(LabelDecision.undone).is_(None))
        .order_by(col(LabelDecision.number))
    )
    if dataset is not None:
        query = query.where(LabelDecision.dataset == dataset_name(dataset))
    if key is not None:
        query = query.where(LabelDecision.key == key)
    return {row.key: decided(row, state) for row, state in session.exec(query)}


def decided(row: LabelDecision, state: str | None) -> Decided:
    """A decision as a value, beside the state of its proposal."""
    assert row.number is not None
    return Decided(
        row.number,
        row.dataset,
        row.label,
        row.decision,
        tuple(json.loads(row.concepts)),
        row.scope,
        row.reason,
        row.author,
        row.at,
        row.proposal,
        state,
    )
