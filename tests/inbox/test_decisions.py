"""A decision becomes a proposal; the label follows what becomes of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from kg_service.core.change import PutCrosswalk, SetLabels
from kg_service.core.errors import (
    DecisionConflict,
    Forbidden,
    RequestInvalid,
    SkinR1Error,
    UnknownConcept,
    UnknownDecision,
    UnknownLabel,
)
from kg_service.core.labels import Ambiguous, Resolved, Unresolved
from kg_service.editorial import proposals
from kg_service.editorial.actor import Actor
from kg_service.editorial.desk import Desk
from kg_service.editorial.inbox import repository
from kg_service.editorial.inbox.inbox import Inbox
from kg_service.editorial.inbox.models import LabelDecision, key_of
from kg_service.editorial.inbox.planning import Choice
from kg_service.editorial.inbox.repository import Unresolved as Reported
from kg_service.wire.changes import read_changes

from .conftest import ANNA, BERT, BOTH_DATABASES, NOW

SET = "fitzpatrick17k"
LABELS = ("melanomma", "red thing", "MM", "no melanoma", "ulcerated psoriasis", "malign neavus")


@pytest.fixture(autouse=True)
def reported(inbox: Inbox) -> None:
    inbox.report("synth", [Reported(SET, label, 10 - n) for n, label in enumerate(LABELS)], now=NOW)


def choice(label: str, decision, *concepts: str, scope="dataset", reason="") -> Choice:
    return Choice(SET, label, decision, concepts, scope, reason)


def state(inbox: Inbox, label: str) -> str | None:
    for name in ("open", "decided"):
        if any(item.row.label == label for item in inbox.page(name, limit=100, now=NOW).items):
            return name
    return None


def accept(desk: Desk, number: int | None) -> None:
    assert number is not None
    desk.review(BERT, number, "accept", "", now=NOW)


@pytest.mark.parametrize(
    ("label", "decision", "concepts", "means"),
    [
        ("red thing", "same-as", ("psoriasis",), Resolved),
        ("ulcerated psoriasis", "broader", ("inflammatory-disease",), Resolved),
        ("MM", "several", ("melanoma", "nodular-melanoma"), Ambiguous),
        ("red thing", "not-a-disease", (), Unresolved),
        ("no melanoma", "same-as", ("psoriasis",), Resolved),
    ],
)
def test_a_decision_for_the_dataset_is_an_entry_of_its_crosswalk(
    inbox: Inbox, desk: Desk, label: str, decision, concepts: tuple[str, ...], means: type
):
    made = inbox.decide(ANNA, choice(label, decision, *concepts, reason="as in the paper"), now=NOW)
    assert made.decided.proposal_state == "in-review"
    assert state(inbox, label) == "decided"
    accept(desk, made.decided.proposal)
    know = desk.draft().knowledge
    assert isinstance(know.resolve(label, dataset=SET), means)
    assert [e.concepts for e in know.crosswalk if (e.dataset, e.label) == (SET, label)] == [concepts]
    assert know.resolve(label) != know.resolve(label, dataset=SET)
    assert state(inbox, label) == "decided"


def test_the_proposal_says_in_words_what_was_decided_and_why(inbox: Inbox, desk: Desk):
    made = inbox.decide(ANNA, choice("red thing", "same-as", "psoriasis", reason="as in the paper"), now=NOW)
    assert made.decided.proposal is not None
    with desk.database.reading() as session:
        proposal = proposals.get(session, made.decided.proposal)
    assert proposal.message == (
        "the unmapped label 'red thing' of fitzpatrick17k is in fitzpatrick17k the same as 'psoriasis': as in the paper"
    )
    assert proposal.author == "anna"
    assert isinstance(read_changes(proposal.changes)[0], PutCrosswalk)


def test_a_misspelling_becomes_a_hidden_label_everywhere(inbox: Inbox, desk: Desk):
    made = inbox.decide(ANNA, choice("melanomma", "same-as", "melanoma", scope="everywhere"), now=NOW)
    accept(desk, made.decided.proposal)
    concept = desk.draft().knowledge.concept("melanoma")
    assert concept.hidden_labels == ("melanomma",)
    assert concept.alt_labels == ("malignant melanoma",)


def test_another_name_becomes_a_synonym_everywhere(inbox: Inbox, desk: Desk):
    made = inbox.decide(ANNA, choice("red thing", "same-as", "psoriasis", scope="everywhere"), now=NOW)
    accept(desk, made.decided.proposal)
    assert desk.draft().knowledge.resolve("red things") != Unresolved("unknown")
    assert desk.draft().knowledge.concept("psoriasis").alt_labels == ("red thing",)


def test_a_trusted_editors_synonym_goes_straight_through(inbox: Inbox, desk: Desk):
    made = inbox.decide(BERT, choice("melanomma", "same-as", "melanoma", scope="everywhere"), now=NOW)
    assert made.decided.proposal_state == "accepted"
    assert isinstance(desk.draft().knowledge.resolve("melanomma"), Resolved)


def test_an_ambiguous_label_that_is_given_to_one_is_taken_from_the_other_and_needs_a_second_person(
    inbox: Inbox, desk: Desk
):
    made = inbox.decide(BERT, choice("MM", "same-as", "melanoma", scope="everywhere"), now=NOW)
    assert made.decided.proposal_state == "in-review"
    assert [type(change) for change in made.plan.changes] == [SetLabels, SetLabels]
    accept_by = Actor("carla", "reviewer")
    assert made.decided.proposal is not None
    desk.review(accept_by, made.decided.proposal, "accept", "", now=NOW)
    know = desk.draft().knowledge
    assert know.gold("MM") == "melanoma"
    assert know.concept("multiple-myeloma").ambiguous_labels == ()


def test_a_text_that_denies_cannot_become_a_name_everywhere(inbox: Inbox):
    with pytest.raises(RequestInvalid, match="something is absent"):
        inbox.decide(ANNA, choice("no melanoma", "same-as", "psoriasis", scope="everywhere"), now=NOW)
    assert state(inbox, "no melanoma") == "open"


def test_cannot_tell_is_kept_without_a_proposal_until_it_is_undone(inbox: Inbox):
    made = inbox.decide(ANNA, choice("red thing", "cannot-tell", reason="two signs"), now=NOW)
    assert (made.decided.proposal, made.plan.changes) == (None, ())
    assert state(inbox, "red thing") == "decided"
    inbox.undo(ANNA, made.decided.number, now=NOW)
    assert state(inbox, "red thing") == "open"


def test_a_declined_decision_opens_the_label_again(inbox: Inbox, desk: Desk):
    made = inbox.decide(ANNA, choice("red thing", "same-as", "psoriasis"), now=NOW)
    assert made.decided.proposal is not None
    desk.review(BERT, made.decided.proposal, "decline", "it is not", now=NOW)
    assert state(inbox, "red thing") == "open"
    inbox.decide(ANNA, choice("red thing", "not-a-disease"), now=NOW)
    assert state(inbox, "red thing") == "decided"


def test_undoing_withdraws_the_proposal(inbox: Inbox, desk: Desk):
    made = inbox.decide(ANNA, choice("red thing", "same-as", "psoriasis"), now=NOW)
    inbox.undo(ANNA, made.decided.number, now=NOW)
    assert made.decided.proposal is not None
    with desk.database.reading() as session:
        assert proposals.get(session, made.decided.proposal).state == "withdrawn"
    assert state(inbox, "red thing") == "open"
    with pytest.raises(DecisionConflict):
        inbox.undo(ANNA, made.decided.number, now=NOW)


def test_a_proposal_withdrawn_at_the_desk_opens_the_label_too(inbox: Inbox, desk: Desk):
    made = inbox.decide(ANNA, choice("red thing", "same-as", "psoriasis"), now=NOW)
    assert made.decided.proposal is not None
    desk.withdraw(ANNA, made.decided.proposal)
    assert state(inbox, "red thing") == "open"


def test_what_is_accepted_cannot_be_undone_here_and_is_open_again_once_it_is_reverted(inbox: Inbox, desk: Desk):
    made = inbox.decide(ANNA, choice("red thing", "same-as", "psoriasis"), now=NOW)
    accept(desk, made.decided.proposal)
    with pytest.raises(DecisionConflict, match="revert"):
        inbox.undo(ANNA, made.decided.number, now=NOW)
    inverse = desk.revert(ANNA, desk.draft().seq, message="", now=NOW)
    accept(desk, inverse.number)
    assert state(inbox, "red thing") == "open"


def test_nobody_undoes_another_ones_decision_but_a_reviewer_a_cannot_tell(inbox: Inbox):
    made = inbox.decide(ANNA, choice("red thing", "same-as", "psoriasis"), now=NOW)
    for who in (Actor("dora", "editor"), BERT):
        with pytest.raises(Forbidden):
            inbox.undo(who, made.decided.number, now=NOW)
    told = inbox.decide(ANNA, choice("MM", "cannot-tell"), now=NOW)
    with pytest.raises(Forbidden):
        inbox.undo(Actor("dora", "editor"), told.decided.number, now=NOW)
    inbox.undo(BERT, told.decided.number, now=NOW)


def test_a_decided_label_is_not_decided_again(inbox: Inbox):
    inbox.decide(ANNA, choice("red thing", "same-as", "psoriasis"), now=NOW)
    with pytest.raises(DecisionConflict, match="decided by anna as same-as, as proposal 1"):
        inbox.decide(BERT, choice("red thing", "not-a-disease"), now=NOW)


@BOTH_DATABASES
def test_of_many_who_decide_at_once_one_is_heard(inbox: Inbox, desk: Desk):
    people = [Actor(f"editor {n}", "editor") for n in range(6)]

    def decide(who: Actor) -> bool:
        try:
            inbox.decide(who, choice("red thing", "same-as", "psoriasis"), now=NOW)
        except DecisionConflict:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(decide, people)) == 1
    with desk.database.reading() as session:
        assert proposals.count(session, "in-review") == 1


def test_a_process_that_dies_between_decision_and_proposal_does_not_block_the_label(inbox: Inbox, desk: Desk):
    with desk.database.writing() as session:
        claim = LabelDecision(
            key=key_of(SET, "red thing"), dataset=SET, label="red thing", decision="same-as",
            concepts='["psoriasis"]', scope="dataset", reason="", author="anna", at="2026-01-02T03:04:05Z",
        )  # fmt: skip
        repository.add_decision(session, claim)
    assert state(inbox, "red thing") == "decided"
    later = inbox.page("open", limit=100, now=NOW + timedelta(minutes=6))
    assert "red thing" in [item.row.label for item in later.items]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (choice("red thing", "same-as"), RequestInvalid),
        (choice("red thing", "same-as", "psoriasis", "melanoma"), RequestInvalid),
        (choice("red thing", "several", "psoriasis"), RequestInvalid),
        (choice("red thing", "several", "psoriasis", "psoriasis"), RequestInvalid),
        (choice("red thing", "not-a-disease", "psoriasis"), RequestInvalid),
        (choice("red thing", "cannot-tell", "psoriasis"), RequestInvalid),
        (choice("red thing", "broader", "psoriasis", scope="everywhere"), RequestInvalid),
        (choice("red thing", "same-as", "none"), UnknownConcept),
        (choice("never reported", "same-as", "psoriasis"), UnknownLabel),
        (Choice("other set", "red thing", "same-as", ("psoriasis",)), UnknownLabel),
    ],
)
def test_a_decision_that_cannot_be_made_leaves_the_label_open(inbox: Inbox, asked: Choice, error: type[SkinR1Error]):
    with pytest.raises(error):
        inbox.decide(ANNA, asked, now=NOW)
    assert state(inbox, "red thing") == "open"


def test_a_refused_proposal_leaves_no_decision_behind(inbox: Inbox):
    with pytest.raises(Forbidden):
        inbox.decide(Actor("eve", "reader"), choice("red thing", "same-as", "psoriasis"), now=NOW)
    assert state(inbox, "red thing") == "open"


def test_a_number_that_no_decision_has_is_unknown(inbox: Inbox):
    for number in (0, -1, 99, 10**30):
        with pytest.raises(UnknownDecision):
            inbox.undo(ANNA, number, now=NOW)


# -- warnings ----------------------------------------------------------------------------------------------------------


def test_a_benign_reading_of_what_may_be_malignant_is_warned_of_before_anything_is_stored(inbox: Inbox):
    plan = inbox.plan(choice("melanomma", "same-as", "blue-nevus"), now=NOW)
    assert plan.warning == ("'melanomma' would be read as blue nevus (benign); it may also be melanoma (malignant)")
    assert state(inbox, "melanomma") == "open"
    assert inbox.decide(ANNA, choice("melanomma", "same-as", "blue-nevus"), now=NOW).plan.warning == plan.warning


def test_what_the_label_means_in_another_dataset_counts_as_a_reading(inbox: Inbox):
    inbox.report("synth", [Reported("padufes", "NV", 5)], now=NOW)
    plan = inbox.plan(Choice("padufes", "NV", "same-as", ("melanoma",)), now=NOW)
    assert "it may also be melanocytic nevus (benign)" in plan.warning


@pytest.mark.parametrize(
    "asked",
    [
        choice("melanomma", "same-as", "melanoma"),
        choice("melanomma", "broader", "malignant-neoplasm"),
        choice("melanomma", "several", "melanoma", "blue-nevus"),
        choice("melanomma", "not-a-disease"),
        choice("MM", "same-as", "melanoma"),
    ],
)
def test_a_choice_that_turns_nothing_round_is_not_warned_of(inbox: Inbox, asked: Choice):
    assert inbox.plan(asked, now=NOW).warning == ""
