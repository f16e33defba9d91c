"""The tables of the inbox. A label's `key` is a hash: its text may be longer than an index row may hold."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import BigInteger
from sqlmodel import Field

from ..models import Table


def key_of(dataset: str, label: str) -> str:
    """The key of a label of a dataset: sha256 over both, so that no two labels share one."""
    return hashlib.sha256(json.dumps([dataset, label]).encode()).hexdigest()


class UnmappedLabel(Table, table=True):
    """What the newest report of one job says about one label that did not resolve."""

    key: str = Field(primary_key=True)
    job: str = Field(primary_key=True)
    dataset: str = Field(index=True)
    label: str
    images: int = Field(sa_type=BigInteger)
    reason: str = ""
    at: str


class LabelDecision(Table, table=True):
    """What somebody decided about a label. Append-only but for `proposal` and `undone`."""

    number: int | None = Field(default=None, primary_key=True)
    key: str = Field(index=True)
    dataset: str
    label: str
    decision: str
    concepts: str = Field(description="JSON list of ids")
    scope: str
    reason: str
    author: str
    at: str
    proposal: int | None = Field(default=None, index=True, description="null until it is made, and for cannot-tell")
    undone: str | None = Field(default=None, description="when it was taken back")


class DatasetLabel(Table, table=True):
    """How many images of a dataset carry a label, as the dataset's owner registered it."""

    key: str = Field(primary_key=True)
    dataset: str = Field(index=True)
    label: str
    images: int = Field(sa_type=BigInteger)
    at: str
    author: str
