"""Labels of datasets land on the concepts they name; counting follows what is registered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kg_service.editorial.database import Database
from kg_service.editorial.inbox import datasets
from kg_service.editorial.opening import open_data
from kg_service.settings import Settings
from kg_service.web.landed import Landed, Surveys

from ..live import MINI
from ..mini import mini


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_data(Settings(data=tmp_path / "data", ontologies=MINI), now=datetime.now(UTC))
    yield opened.database
    opened.database.close()


def test_registered_labels_land_with_their_images_and_follow_a_registration(database: Database):
    know, surveys = mini(), Surveys()
    with database.reading() as session:
        unregistered = surveys.landed(session, know)
    assert {row.images for rows in unregistered.values() for row in rows} == {0}  # the crosswalk's labels
    for at, images in (("2026-01-01T00:00:00Z", 7), ("2026-01-02T00:00:00Z", 9)):
        with database.writing() as session:
            datasets.register(session, "new", {"SSM": images, "no such disease": 5}, author="ana", at=at)
        with database.reading() as session:
            landed = surveys.landed(session, know)
            assert surveys.landed(session, know) is landed
        assert landed["superficial-spreading-melanoma"][0] == Landed("new", "SSM", images)


def test_an_ambiguous_label_lands_on_each_of_its_meanings(database: Database):
    know = mini()
    [(id_, others)] = [(c.id, c.ambiguous_labels) for c in know.concepts.values() if c.id == "melanoma"]
    with database.writing() as session:
        datasets.register(session, "new", {others[0]: 3}, author="ana", at="2026-01-01T00:00:00Z")
    with database.reading() as session:
        landed = Surveys().landed(session, know)
    rows = {concept: row for concept, rows in landed.items() for row in rows if row.label == others[0]}
    assert id_ in rows
    assert all(concept not in row.others for concept, row in rows.items())
