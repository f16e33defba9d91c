"""An import of thousands of concepts is one proposal, and is made like any other."""

from __future__ import annotations

import pytest

from kg_service.core.change import Change, PutConcept, Remove, SetLabels
from kg_service.core.concept import Concept, Condition
from kg_service.core.errors import EditConflict, Forbidden, ProposalClosed
from kg_service.editorial import repository, verify
from kg_service.editorial.database import Database
from kg_service.editorial.models import Proposal
from kg_service.store.statement import Statement

from .conftest import ANA, BOB, CLEO, EVA, NOW, Office

SIZE = 250


def branch() -> list[Change]:
    ids = [f"new-{n}" for n in range(SIZE)]
    return [PutConcept(Concept(id_, f"made up {id_}", ("melanocytic-nevus",), Condition.BENIGN)) for id_ in ids]


def test_a_large_proposal_is_accepted_on_what_stands_then(office: Office):
    before = office.lines()
    large, small = office.propose(*branch()), office.propose(SetLabels("blue-nevus", ("blue mole",)))
    accepted = office.accept(small.number)
    office.accept(large.number)
    held = office.desk.draft()
    assert (len(held.knowledge.children("melanocytic-nevus")), held.knowledge.resolve("blue mole").concept) == (
        SIZE + 2, "blue-nevus",
    )  # fmt: skip
    removed = office.propose(*(Remove(f"new-{n}") for n in range(SIZE)))
    office.accept(removed.number)
    office.accept(office.desk.revert(ANA, accepted.change, message="", now=NOW).number)
    assert office.lines() == before
    with office.desk.database.reading() as session:
        assert verify.findings(session) == []


def test_a_large_proposal_that_many_look_at_is_worked_out_once_on_each_draft(office: Office):
    large = office.propose(*branch())
    first = office.desk.proposed(large.number)[1]
    assert office.desk.proposed(large.number)[1] is first
    office.accept(office.propose(SetLabels("blue-nevus", ("blue mole",))).number)
    later = office.desk.proposed(large.number)[1]
    assert later is not first
    assert later.knowledge.resolve("blue mole").concept == "blue-nevus"


def test_a_large_proposal_needs_a_second_person_and_an_open_state_too(office: Office):
    made = office.propose(*branch(), who=BOB)
    with pytest.raises(Forbidden, match="own structural change"):
        office.accept(made.number, who=BOB)
    office.accept(made.number, who=CLEO)
    with pytest.raises(ProposalClosed):
        office.accept(made.number, who=CLEO)


def test_hundreds_of_synonyms_of_a_trusted_editor_go_straight_through(office: Office):
    office.edit(*branch())
    made = office.propose(*(SetLabels(f"new-{n}", (f"also made up {n}",)) for n in range(SIZE)), who=EVA)
    assert made.state == "accepted"
    assert office.desk.draft().knowledge.resolve("also made up 7").concept == "new-7"


def test_more_statements_go_at_once_than_a_statement_of_sql_takes_parameters(postgres_url: str):
    many = [Statement(f"<urn:{n}>", "<urn:p>", '"text"') for n in range(70_000)]
    database = Database(postgres_url)
    with database.writing() as session:
        repository.append_change(session, at="", author="a", message="", added=many, touched=["urn:0"])
        repository.append_change(session, at="", author="a", message="", added=[], removed=many, touched=["urn:0"])
        assert repository.current_lines(session) == []
    database.close()


def test_a_stored_proposal_that_nobody_can_read_is_declined_like_any_other(office: Office):
    number = office.propose(SetLabels("blue-nevus", ("blue mole",))).number
    with office.desk.database.writing() as session:
        stored = session.get(Proposal, number)
        assert stored is not None
        stored.changes = '[{"change": "of-another-time"}]'
    with pytest.raises(EditConflict, match="decline it"):
        office.accept(number)
    with pytest.raises(EditConflict, match="decline it"):
        office.desk.proposed(number)
    assert office.desk.review(BOB, number, "decline", "cannot be read", now=NOW).state == "declined"
