"""Datasets register how many images each label has; impacts are counted in these."""

from __future__ import annotations

import pytest

from kg_service.core.errors import UnknownDataset
from kg_service.editorial.desk import Desk
from kg_service.editorial.inbox import datasets

from .conftest import BOTH_DATABASES

pytestmark = BOTH_DATABASES


def register(desk: Desk, name: str, labels: dict[str, int]) -> None:
    with desk.database.writing() as session:
        datasets.register(session, name, labels, author="anna", at="2026-01-02T00:00:00Z")


def test_label_counts_are_those_registered_last(desk: Desk):
    register(desk, "HAM10000", {"nv": 6705, "mel": 1113})
    register(desk, "derm7pt", {"nevus": 100})
    register(desk, "ham10000", {"nv": 6700})
    with desk.database.reading() as session:
        assert datasets.label_counts(session) == {("ham10000", "nv"): 6700, ("derm7pt", "nevus"): 100}


def test_a_dataset_is_listed_with_its_sums_and_its_labels_by_images(desk: Desk):
    register(desk, "ham10000", {"mel": 1113, "nv": 6705, "df": 1113})
    with desk.database.reading() as session:
        [row] = datasets.datasets(session)
        assert (row.name, row.labels, row.images, row.author) == ("ham10000", 3, 8931, "anna")
        assert row == datasets.dataset(session, "HAM10000")
        assert datasets.dataset_labels(session, "ham10000") == [("nv", 6705), ("df", 1113), ("mel", 1113)]


def test_without_labels_a_dataset_is_registered_no_longer(desk: Desk):
    register(desk, "ham10000", {"nv": 1})
    register(desk, "ham10000", {})
    with desk.database.reading() as session:
        assert datasets.datasets(session) == []
        with pytest.raises(UnknownDataset):
            datasets.dataset(session, "ham10000")
