"""How far the inbox is, and one label of it as it stands."""

from __future__ import annotations

import pytest

from kg_service.core.errors import DecisionConflict, UnknownLabel
from kg_service.editorial.inbox.inbox import Inbox, Tally
from kg_service.editorial.inbox.planning import Choice
from kg_service.editorial.inbox.repository import Unresolved

from .conftest import ANNA, BOTH_DATABASES, NOW

pytestmark = BOTH_DATABASES


@pytest.fixture
def reported(inbox: Inbox) -> Inbox:
    items = [("atlas", "melanomma", 12), ("atlas", "red thing", 3), ("atlas", "melanoma", 90), ("other", "MM", 5)]
    inbox.report("synth", [Unresolved(*item) for item in items], now=NOW)
    return inbox


def test_a_tally_counts_what_waits_and_all_that_was_reported_of_each_dataset(reported: Inbox):
    assert reported.tally(now=NOW) == (Tally("atlas", 2, 15, 3, 105), Tally("other", 1, 5, 1, 5))


def test_a_decided_label_no_longer_waits_and_waits_again_when_it_is_undone(reported: Inbox):
    made = reported.decide(ANNA, Choice("atlas", "melanomma", "same-as", ("melanoma",)), now=NOW)
    assert reported.tally(now=NOW)[0] == Tally("atlas", 1, 3, 3, 105)
    reported.undo(ANNA, made.decided.number, now=NOW)
    assert reported.tally(now=NOW)[0] == Tally("atlas", 2, 15, 3, 105)


def test_one_label_is_told_as_the_list_tells_it(reported: Inbox):
    assert reported.item("atlas", "melanomma", now=NOW) == reported.page("open", limit=1, now=NOW).items[0]
    reported.decide(ANNA, Choice("atlas", "red thing", "cannot-tell"), now=NOW)
    item = reported.item("Atlas", "red thing", now=NOW)
    assert (item.state, item.advice) == ("decided", None)
    assert item == reported.page("decided", limit=1, now=NOW).items[0]


def test_a_label_that_resolves_or_that_nobody_reported_is_no_item(reported: Inbox):
    with pytest.raises(DecisionConflict, match="resolves by now"):
        reported.item("atlas", "melanoma", now=NOW)
    with pytest.raises(UnknownLabel):
        reported.item("atlas", "never heard", now=NOW)
