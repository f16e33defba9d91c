"""What stood around a change of the log, whatever came after it."""

from __future__ import annotations

import pytest

from kg_service.core.change import Move, Rename, SetLabels, content_changes
from kg_service.core.errors import EditConflict, RequestInvalid, Stale
from kg_service.editorial import history, proposals, repository
from kg_service.editorial.publishing import publish
from kg_service.store.statement import CONCEPT_BASE

from .conftest import BOB, NOW, Office

FIRST = Move("blue-nevus", ("melanocytic-neoplasm",))


def around(office: Office, seq: int):
    draft = office.desk.draft()
    with office.desk.database.reading() as session:
        return history.around(session, draft, repository.change(session, seq))


def test_a_change_is_told_as_it_was_however_often_its_subject_was_edited_since(office: Office):
    start = office.desk.draft().content
    office.edit(FIRST)
    office.edit(SetLabels("psoriasis", ("plaques",)))
    office.edit(Rename("blue-nevus", "blue naevus"), Move("blue-nevus", ("neoplasm",)))
    before, after = around(office, 2)
    assert before.concepts["blue-nevus"] == start.concepts["blue-nevus"]
    assert content_changes(before, after) == (FIRST,)
    before, after = around(office, 4)
    assert before.concepts["blue-nevus"].parents == ("melanocytic-neoplasm",)
    assert after == office.desk.draft().content


def test_taking_back_is_tried_before_it_is_proposed(office: Office):
    start = office.desk.draft().content
    office.edit(FIRST)
    draft, without = office.desk.taken_back(2)
    assert draft.content != start
    assert without.content == start
    assert office.seq() == 2
    office.edit(Move("blue-nevus", ("neoplasm",)))
    with pytest.raises(EditConflict, match="cannot be taken back as it is"):
        office.desk.taken_back(2)
    with pytest.raises(RequestInvalid, match="no edit of a person"):
        office.desk.taken_back(1)


def test_the_queue_is_oldest_first_and_the_accepted_newest_first(office: Office):
    numbers = [office.propose(FIRST).number for _ in range(3)]
    office.edit(SetLabels("psoriasis", ("plaques",)))
    office.edit(SetLabels("neoplasm", ("growth",)))
    with office.desk.database.reading() as session:
        assert [each.number for each in proposals.waiting(session)] == numbers
        assert [each.number for each in proposals.waiting(session, after=numbers[0], limit=1)] == numbers[1:2]
        assert [each.change for each in proposals.accepted_after(session, 1)] == [3, 2]
        assert [each.change for each in proposals.accepted_after(session, 1, before=3)] == [2]
        assert history.touched(session, [2, 3], base=CONCEPT_BASE, most=5) == {2: ["psoriasis"], 3: ["neoplasm"]}
        assert history.authors(session) == ["ana", "import"]
        releases = repository.releases(session)
        assert history.release_of(1, releases) == releases[0]
        assert history.release_of(2, releases) is None


def test_a_reviewer_publishes_only_what_they_have_seen(office: Office):
    office.edit(FIRST)
    office.edit(SetLabels("psoriasis", ("plaques",)))
    database = office.desk.database

    def shapes() -> bytes:
        with database.reading() as session:
            return repository.shapes(session)

    with pytest.raises(Stale, match="look at them first"):
        publish(database, BOB, shapes, seen=2, now=NOW)
    assert publish(database, BOB, shapes, seen=3, now=NOW).seq == 3
