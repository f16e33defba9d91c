"""A release is the draft of one moment, signed by name, and never changes."""

from __future__ import annotations

import pytest

from kg_service.core.change import Move, SetLabels
from kg_service.core.errors import Forbidden, NothingChanged, ReleaseExists, RequestInvalid
from kg_service.core.release import load_snapshot
from kg_service.editorial import repository
from kg_service.editorial.publishing import publish
from kg_service.editorial.repository import ReleaseRow

from .conftest import ANA, BOB, NOW, Office

MOVE = Move("blue-nevus", ("melanocytic-neoplasm",))


def sign_off(office: Office, name: str = "", who=BOB) -> ReleaseRow:
    def shapes() -> bytes:
        with office.desk.database.reading() as session:
            return repository.shapes(session)

    return publish(office.desk.database, who, shapes, name=name, notes="n", now=NOW)


def test_a_release_holds_what_was_accepted_and_who_signed_it(office: Office):
    office.edit(MOVE)
    made = sign_off(office)
    assert (made.id, made.seq, made.signed_by, made.notes) == ("2", 2, "bob", "n")
    with office.desk.database.reading() as session:
        again = load_snapshot(repository.snapshot(session, "2"), expect=made.digest)
        assert repository.nquads(session, "2").decode().splitlines() == repository.current_lines(session)
        assert repository.release_before(session, "2") == "1"
    assert again.concept("blue-nevus").parents == ("melanocytic-neoplasm",)


def test_what_is_only_proposed_is_not_released(office: Office):
    office.propose(MOVE)
    with pytest.raises(NothingChanged, match="release 1 holds everything"):
        sign_off(office)


def test_older_releases_stay_as_they_were(office: Office):
    with office.desk.database.reading() as session:
        first = repository.snapshot(session, "1")
    office.edit(MOVE)
    sign_off(office, "winter-2026")
    office.edit(SetLabels("blue-nevus", ("blue mole",)))
    sign_off(office)
    with office.desk.database.reading() as session:
        assert repository.snapshot(session, "1") == first
        assert [row.id for row in repository.releases(session)] == ["3", "winter-2026", "1"]


def test_only_reviewers_publish(office: Office):
    office.edit(MOVE)
    with pytest.raises(Forbidden):
        sign_off(office, who=ANA)


@pytest.mark.parametrize("name", ["latest", "draft", "proposal-1", "3", "a b", "../x", "-x", "x" * 65])
def test_a_name_that_means_something_else_is_refused(office: Office, name: str):
    office.edit(MOVE)
    with pytest.raises(RequestInvalid):
        sign_off(office, name)


def test_a_name_is_given_once(office: Office):
    office.edit(MOVE)
    sign_off(office, "winter")
    office.edit(SetLabels("blue-nevus", ("blue mole",)))
    with pytest.raises(ReleaseExists):
        sign_off(office, "winter")
