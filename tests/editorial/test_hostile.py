"""Whatever text a clinician pastes: it is kept to the letter, or refused with a sentence."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from kg_service.core.change import Describe, PutConcept, PutCrosswalk, PutDifferential, Retire, SetLabels
from kg_service.core.concept import Concept, Condition, CrosswalkEntry, Differential, Strength
from kg_service.core.errors import EditConflict, KnowledgeInvalid, RequestInvalid
from kg_service.editorial import verify
from kg_service.editorial.working import Head
from kg_service.wire.changes import read_changes, write_changes

from .conftest import ANA, NOW, Office

TEXTS = (
    'say "x" \\ and \\n', "two\nlines\r\nand a\ttab", "\u2028line\u2029paragraph", "\x85next", "mole \U0001f600",
    "\ufffe\uffff", "' ; DROP TABLE quad; --", '"@en .\n<urn:a> <urn:b> "c', "\u202edlrow",
    "e\u0301 and \u00e9", "\\u0041",
)  # fmt: skip


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_text_comes_back_to_the_letter(office: Office, text: str):
    described = Describe("blue-nevus", text, (), (), "", "unreviewed")
    office.edit(*read_changes(write_changes([described])))
    with office.desk.database.reading() as session:
        assert Head().at(session).content.concepts["blue-nevus"].definition == text
        assert verify.findings(session) == []
    assert office.desk.draft().content.concepts["blue-nevus"].definition == text
    last = office.seq()
    office.accept(office.desk.revert(ANA, last, message="", now=NOW).number)
    assert office.desk.draft().content.concepts["blue-nevus"].definition == ""


@pytest.mark.parametrize("text", ["ham/10000", "a--b", "-a-", "é%2D", "a b\u00a0c", "a#b?c", '"quoted"'], ids=ascii)
def test_a_datasets_label_is_known_by_any_name(office: Office, text: str):
    office.edit(PutCrosswalk(CrosswalkEntry(text, text, ("melanoma",))))
    assert office.desk.draft().knowledge.resolve(text, dataset=text).concept == "melanoma"
    with office.desk.database.reading() as session:
        assert Head().at(session).content == office.desk.draft().content


def test_entries_whose_names_run_together_are_told_apart(office: Office):
    both = [CrosswalkEntry("a/b", "c", ("melanoma",)), CrosswalkEntry("a", "b/c", ("melanoma",))]
    office.edit(*map(PutCrosswalk, both))
    mine = office.propose(*(PutCrosswalk(CrosswalkEntry(e.dataset, e.label, ("psoriasis",))) for e in both))
    office.edit(PutCrosswalk(CrosswalkEntry("a/b", "c", ())))
    with pytest.raises(EditConflict, match="'c' of 'a/b'"):
        office.accept(mine.number)


@pytest.mark.parametrize("iri", ["http://[x", "urn:%zz", "http://a:port/", "x:\x90"], ids=ascii)
def test_what_is_no_iri_is_refused_with_a_sentence(office: Office, iri: str):
    with pytest.raises(KnowledgeInvalid, match="IRI"):
        office.propose(Describe("blue-nevus", "", (iri,), (), "", "unreviewed"))


@pytest.mark.parametrize("note", ["two\nlines", "x" * 2_001])
def test_what_no_proposal_may_hold_is_refused_with_a_sentence(office: Office, note: str):
    with pytest.raises(RequestInvalid, match=r"retire\.note of change 0"):
        office.propose(Retire("nodular-melanoma", ("melanoma",), note))


def test_no_id_can_be_taken_for_two_ends_of_a_differential():
    wrong = PutConcept(Concept("a--b", "x", ("melanocytic-nevus",), Condition.BENIGN))
    edge = PutDifferential(Differential("a--b", "c", Strength.WEAK, ("scale",)))
    for change in (wrong, edge):
        with pytest.raises(ValidationError):
            write_changes([change])


def test_a_name_is_never_stored_as_its_own_synonym(office: Office):
    office.edit(SetLabels("blue-nevus", ("blue nevus", "blue mole")))
    assert [line for line in office.lines() if "blue nevus" in line and "altLabel" in line] == []
    assert office.desk.draft().content.concepts["blue-nevus"].alt_labels == ("blue mole",)
