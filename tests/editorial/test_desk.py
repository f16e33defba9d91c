"""The editorial cycle: two people, one draft, nothing lost."""

from __future__ import annotations

import pytest

from kg_service.core.change import (
    Describe,
    Merge,
    Move,
    PutConcept,
    PutDifferential,
    Remove,
    RemoveDifferential,
    Rename,
    Retire,
    SetCondition,
    SetLabels,
    SetProfile,
)
from kg_service.core.concept import Concept, Condition, Differential, Polarity, Strength
from kg_service.core.errors import (
    CycleFound,
    EditConflict,
    Forbidden,
    KnowledgeInvalid,
    NothingChanged,
    ProposalClosed,
    RequestInvalid,
    Stale,
    UnknownChange,
    UnknownConcept,
    UnknownProposal,
)
from kg_service.editorial import proposals, repository
from kg_service.editorial.working import Head

from .conftest import ANA, BOB, CLEO, EVA, NOW, RAY, Office

SYNONYM = SetLabels("blue-nevus", ("naevus caeruleus",))
MOVE = Move("blue-nevus", ("melanocytic-neoplasm",))


def test_a_proposal_changes_nothing_until_it_is_accepted(office: Office):
    before = office.lines()
    proposal = office.propose(MOVE)
    assert (proposal.state, proposal.change, office.lines()) == ("in-review", None, before)
    accepted = office.accept(proposal.number)
    assert (accepted.state, accepted.change) == ("accepted", 2)
    assert office.desk.draft().knowledge.concept("blue-nevus").parents == ("melanocytic-neoplasm",)


def test_a_trusted_editors_synonym_goes_straight_through_and_is_logged(office: Office):
    made = office.propose(SYNONYM, who=EVA)
    assert (made.state, made.change) == ("accepted", 2)
    assert office.desk.draft().knowledge.resolve("Naevus caeruleus").concept == "blue-nevus"
    with office.desk.database.reading() as session:
        entry = repository.change(session, 2)
    assert (entry.author, entry.message, entry.proposal) == ("eva", "because", made.number)


def test_a_synonym_of_somebody_new_waits(office: Office):
    assert office.propose(SYNONYM).state == "in-review"


def test_nobody_accepts_their_own_structural_change(office: Office):
    proposal = office.propose(MOVE, who=BOB)
    assert proposal.state == "in-review"
    with pytest.raises(Forbidden, match="own structural change"):
        office.accept(proposal.number, who=BOB)
    assert office.accept(proposal.number, who=CLEO).state == "accepted"


def test_roles_hold_below_the_api_too(office: Office):
    with pytest.raises(Forbidden, match="editor"):
        office.propose(SYNONYM, who=RAY)
    with pytest.raises(Forbidden, match="reviewer"):
        office.accept(office.propose(MOVE).number, who=EVA)


def test_declining_takes_a_reason_and_closes_the_proposal(office: Office):
    number = office.propose(MOVE).number
    with pytest.raises(RequestInvalid, match="reason"):
        office.desk.review(BOB, number, "decline", " ", now=NOW)
    assert office.desk.review(BOB, number, "decline", "a blue nevus is a nevus", now=NOW).state == "declined"
    with office.desk.database.reading() as session:
        review = proposals.review(session, number)
    assert review is not None
    assert (review.reviewer, review.reason) == ("bob", "a blue nevus is a nevus")
    with pytest.raises(ProposalClosed, match="declined already"):
        office.accept(number)


def test_only_its_author_withdraws_a_proposal(office: Office):
    number = office.propose(MOVE).number
    with pytest.raises(Forbidden, match="ana"):
        office.desk.withdraw(BOB, number)
    assert office.desk.withdraw(ANA, number).state == "withdrawn"
    with pytest.raises(ProposalClosed):
        office.accept(number)


def test_there_is_nothing_to_review_where_there_is_no_proposal(office: Office):
    for number in (0, 7, 1 << 40):
        with pytest.raises(UnknownProposal):
            office.accept(number)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ((Move("melanocytic-neoplasm", ("blue-nevus",)),), CycleFound),
        ((Rename("nobody", "x"),), UnknownConcept),
        ((SetLabels("blue-nevus", ("psoriasis",)),), KnowledgeInvalid),
        ((SetCondition("blue-nevus", None),), KnowledgeInvalid),
        ((Remove("seborrheic-keratosis"),), KnowledgeInvalid),
        ((PutConcept(Concept("x", "x", ("melanoma",), Condition.MALIGNANT)),), KnowledgeInvalid),
        ((PutDifferential(Differential("melanoma", "nodular-melanoma", Strength.WEAK, ("scale",))),), KnowledgeInvalid),
        ((SetLabels("blue-nevus", ()),), NothingChanged),
        ((), NothingChanged),
        ((MOVE, Move("blue-nevus", ("melanocytic-nevus",))), NothingChanged),
    ],
)
def test_what_would_break_the_draft_is_refused_as_it_comes_in(office: Office, changes: tuple, error: type[Exception]):
    before = office.lines()
    for who in (ANA, EVA):
        with pytest.raises(error):
            office.propose(*changes, who=who)
    assert (office.lines(), office.seq()) == (before, 1)


def test_a_finding_of_the_shapes_reads_as_one(office: Office):
    with pytest.raises(KnowledgeInvalid) as refused:
        office.propose(PutConcept(Concept("x", "x", ("melanoma",), Condition.MALIGNANT)))
    assert any("concept:x" in finding for finding in refused.value.findings)


def test_two_proposals_that_jointly_make_a_cycle_are_refused_at_the_second(office: Office):
    one = office.propose(Move("melanocytic-neoplasm", ("keratinocytic-neoplasm",)))
    two = office.propose(Move("keratinocytic-neoplasm", ("melanocytic-neoplasm",)))
    office.accept(one.number)
    with pytest.raises(CycleFound, match="has a cycle: "):
        office.accept(two.number)
    with office.desk.database.reading() as session:
        assert proposals.get(session, two.number).state == "in-review"


def test_a_proposal_never_overwrites_what_others_did_meanwhile(office: Office):
    mine = office.propose(SetLabels("blue-nevus", ("blue mole",)))
    office.edit(SYNONYM)
    with pytest.raises(EditConflict, match="the labels of blue-nevus") as refused:
        office.accept(mine.number)
    assert refused.value.findings == ("the labels of blue-nevus was changed",)
    assert office.desk.draft().content.concepts["blue-nevus"].alt_labels == ("naevus caeruleus",)


def test_edits_of_different_parts_of_one_concept_both_go_through(office: Office):
    proposed = [
        office.propose(change)
        for change in (
            SYNONYM,
            MOVE,
            SetProfile("blue-nevus", (("scale", Polarity.ABSENT),)),
            Describe("blue-nevus", "A blue mole.", (), (), "", "unreviewed"),
        )
    ]
    for proposal in proposed:
        office.accept(proposal.number)
    made = office.desk.draft().content.concepts["blue-nevus"]
    assert (made.alt_labels, made.parents, made.definition) == (
        ("naevus caeruleus",), ("melanocytic-neoplasm",), "A blue mole.",
    )  # fmt: skip


def test_an_author_who_has_not_seen_the_last_edit_is_told(office: Office):
    office.edit(SYNONYM)
    with pytest.raises(Stale, match="blue-nevus by change 2"):
        office.propose(MOVE, base=1)
    assert office.propose(MOVE, base=2).state == "in-review"
    assert office.propose(Rename("psoriasis", "psoriasis vulgaris"), base=1).state == "in-review"


@pytest.mark.parametrize(
    "change",
    [
        MOVE,
        SYNONYM,
        Retire("nodular-melanoma", ("melanoma",)),
        Merge("nodular-melanoma", "superficial-spreading-melanoma"),
        RemoveDifferential("melanoma", "psoriasis"),
        Rename("psoriasis", "psoriasis vulgaris"),
    ],
    ids=str,
)
def test_taking_a_change_back_restores_the_exact_graph(office: Office, change):
    before = office.lines()
    made = office.edit(change)
    assert office.lines() != before
    proposal = office.desk.revert(ANA, made.change, message="", now=NOW)
    assert proposal.message == f"take back change {made.change}: because"
    office.accept(proposal.number)
    assert office.lines() == before
    assert office.seq() == 3, "history grows; it is not rewritten"


def test_what_was_edited_since_cannot_be_taken_back_blindly(office: Office):
    made = office.edit(SYNONYM)
    office.edit(SetLabels("blue-nevus", ("blue mole",)))
    with pytest.raises(EditConflict, match="blue-nevus was edited by change 3"):
        office.desk.revert(ANA, made.change, message="", now=NOW)


def test_the_first_import_and_what_never_was_cannot_be_taken_back(office: Office):
    with pytest.raises(RequestInvalid, match="import"):
        office.desk.revert(ANA, 1, message="", now=NOW)
    with pytest.raises(UnknownChange):
        office.desk.revert(ANA, 9, message="", now=NOW)


def test_another_process_catches_up_to_the_same_draft(office: Office):
    office.edit(MOVE)
    office.edit(Merge("nodular-melanoma", "superficial-spreading-melanoma"))
    office.edit(SYNONYM)
    with office.desk.database.reading() as session:
        theirs = Head().at(session)
    mine = office.desk.draft()
    assert (theirs.seq, theirs.content, theirs.seqs) == (mine.seq, mine.content, mine.seqs)


def test_the_draft_with_a_proposal_can_be_looked_at(office: Office):
    number = office.propose(MOVE).number
    without, with_it = office.desk.proposed(number)
    assert without.knowledge.level("blue-nevus") == with_it.knowledge.level("blue-nevus") + 1
    assert office.desk.draft().knowledge is without.knowledge
    assert office.desk.preview([MOVE]).knowledge.level("blue-nevus") == with_it.knowledge.level("blue-nevus")


def test_remarks_stay_with_their_proposal(office: Office):
    number = office.propose(MOVE).number
    office.desk.comment(BOB, number, "why?", now=NOW)
    office.desk.comment(ANA, number, "<b>because</b>", now=NOW)
    with office.desk.database.reading() as session:
        assert [(c.author, c.text) for c in proposals.comments(session, number)] == [
            ("bob", "why?"), ("ana", "<b>because</b>"),
        ]  # fmt: skip


def test_the_log_can_be_asked_by_node_person_and_time(office: Office):
    office.edit(MOVE)
    office.propose(SetLabels("psoriasis", ("psoriasis of the skin",)), who=EVA)
    with office.desk.database.reading() as session:

        def seqs(**asked) -> list[int]:
            return [row.seq for row in repository.changes(session, **asked)]

        assert seqs() == [3, 2, 1]
        assert seqs(node="https://w3id.org/skin-r1/concept/blue-nevus") == [2, 1]
        assert seqs(author="eva") == [3]
        assert seqs(since="2027-01-01") == []
        assert seqs(until="2026-01-02T03:04:05Z", before=3, limit=1) == [2]
        assert repository.tampered_changes(session) == []
