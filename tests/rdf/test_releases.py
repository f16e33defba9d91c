"""A whole release as RDF."""

from __future__ import annotations

from pathlib import Path

import httpx
import pyoxigraph as ox
import pytest

from kg_service.api.negotiation import RELEASE_FORMATS
from kg_service.editorial import deltas, repository
from kg_service.editorial.database import Database
from kg_service.settings import Settings

JSON, *RDF = RELEASE_FORMATS


@pytest.mark.parametrize("name", ["1", "latest"])
@pytest.mark.parametrize("media", RDF)
def test_every_format_of_a_release_says_all_its_statements(http: httpx.Client, data: Path, media: str, name: str):
    database = Database(Settings(data=data).url)
    with database.reading() as session:
        stored = deltas.lines_in(repository.nquads(session, "1").decode())
    database.close()
    answer = http.get(f"/v1/releases/{name}", headers={"Accept": media})
    assert answer.headers["content-type"].partition(";")[0] == media
    parsed = ox.parse(answer.content, format=ox.RdfFormat.from_media_type(media))
    assert sorted(f"{quad.triple} ." for quad in parsed) == stored


def test_a_release_is_json_unless_asked_for_otherwise(http: httpx.Client):
    assert http.get("/v1/releases/1", headers={"Accept": "*/*"}).json()["id"] == "1"
