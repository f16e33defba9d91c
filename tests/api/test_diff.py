"""The diff of two releases over HTTP: sentences and rewards, from the stored bytes alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kg_service.core.change import Content, Move
from kg_service.core.release import digest_of, snapshot_of
from kg_service.editorial import repository
from kg_service.editorial.models import Release
from kg_service.editorial.opening import open_data
from kg_service.service import create_app
from kg_service.settings import Settings

from ..live import MINI


@pytest.fixture
def client(tmp_path: Path):
    """A service with two releases; the second moves the junctional nevus one level up."""
    opened = open_data(Settings(data=tmp_path / "data", ontologies=MINI), now=datetime(2026, 1, 2, tzinfo=UTC))
    moved = Move("junctional-nevus", ("melanocytic-neoplasm",)).apply(Content.of(opened.knowledge)).knowledge()
    payload = snapshot_of(moved)
    with opened.database.writing() as session:
        second = Release(id="2", number=2, seq=opened.seq, digest=digest_of(payload), at="2026-01-03T00:00:00Z",
                         notes="a move", concepts=len(moved.concepts), snapshot=payload, nquads=b"")  # fmt: skip
        repository.add_release(session, second)
    opened.database.close()
    with TestClient(create_app(Settings(data=tmp_path / "data", ontologies=MINI))) as client:
        yield client


def test_a_diff_is_told_in_sentences_and_in_reward_terms(client: TestClient):
    assert client.get("/v1/releases/1/diff/2").json() == {
        "from": "1",
        "to": "2",
        "changes": ["move junctional-nevus under melanocytic-neoplasm"],
        "rewards": ["junctional-nevus: level 3 instead of 4, 2 answers score higher and 1 lower"],
        "pairs": 3,
    }


def test_a_release_does_not_differ_from_itself_and_an_unknown_one_is_404(client: TestClient):
    assert client.get("/v1/releases/2/diff/latest").json()["changes"] == []
    gone = client.get("/v1/releases/1/diff/9")
    assert (gone.status_code, gone.json()["code"]) == (404, "unknown-release")
