"""Data that people have worked on (accepted, declined, reverted, published) verifies, travels and goes on."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

from kg_service.core.change import Move, SetLabels
from kg_service.editorial import repository
from kg_service.editorial.actor import Actor
from kg_service.editorial.backup import write_backup
from kg_service.editorial.database import Database
from kg_service.editorial.desk import Desk
from kg_service.editorial.opening import open_data
from kg_service.editorial.publishing import publish
from kg_service.editorial.restore import restore
from kg_service.editorial.verify import findings
from kg_service.editorial.working import Head
from kg_service.settings import Settings
from kg_service.store.turtle import read_nquads

from ..live import MINI

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ANA = Actor("ana", "editor")
BOB = Actor("bob", "reviewer", trusted=True)


def desk_on(folder: Path) -> Desk:
    opened = open_data(Settings(data=folder, ontologies=MINI), now=NOW)
    with opened.database.reading() as session:
        shapes = read_nquads(repository.shapes(session))
    return Desk(opened.database, Head((opened.knowledge, opened.release.seq)), lambda: shapes)


def work(desk: Desk) -> None:
    added = desk.propose(ANA, [SetLabels("psoriasis", ("psoriasis vulgaris",))], message="a synonym", now=NOW)
    moved = desk.propose(ANA, [Move("blue-nevus", ("melanocytic-neoplasm",))], message="moved", now=NOW)
    refused = desk.propose(ANA, [SetLabels("melanoma", ("black spot",))], message="no", now=NOW)
    desk.comment(BOB, moved.number, "why?", now=NOW)
    desk.review(BOB, added.number, "accept", "", now=NOW)
    accepted = desk.review(BOB, moved.number, "accept", "", now=NOW)
    desk.review(BOB, refused.number, "decline", "nobody says so", now=NOW)
    assert accepted.change is not None
    undone = desk.revert(ANA, accepted.change, message="", now=NOW)
    desk.review(BOB, undone.number, "accept", "", now=NOW)
    with desk.database.reading() as session:
        shapes = repository.shapes(session)
    publish(desk.database, BOB, lambda: shapes, name="spring", notes="the first of the year", now=NOW)
    desk.propose(ANA, [SetLabels("psoriasis", ("left open",))], message="open", now=NOW)


def test_what_people_did_follows_from_the_log_and_travels_whole(database: Database, tmp_path: Path):
    desk = desk_on(tmp_path / "here")
    work(desk)
    with desk.database.reading() as session:
        assert findings(session, compiling=True) == []
    file = io.BytesIO()
    written = write_backup(desk.database, file, now=NOW)
    assert {name: written.tables[name].rows for name in ("proposal", "review", "comment", "change", "release")} == {
        "proposal": 5, "review": 4, "comment": 1, "change": 4, "release": 2,
    }  # fmt: skip
    file.seek(0)
    restore(database, file)
    again = io.BytesIO()
    write_backup(database, again, now=NOW)
    assert again.getvalue() == file.getvalue()
    desk.database.close()
