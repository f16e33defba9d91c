"""What jobs report is kept once, however often they say it, and leaves when it resolves."""

from __future__ import annotations

from kg_service.core.change import PutCrosswalk
from kg_service.core.concept import CrosswalkEntry
from kg_service.editorial.desk import Desk
from kg_service.editorial.inbox.inbox import Inbox, Item
from kg_service.editorial.inbox.repository import LabelRow, Unresolved

from .conftest import ANNA, BERT, BOTH_DATABASES, NOW

pytestmark = BOTH_DATABASES

A, B = "fitzpatrick17k", "derm7pt"


def report(inbox: Inbox, job: str, *items: tuple[str, str, int]) -> None:
    inbox.report(job, [Unresolved(*item) for item in items], now=NOW)


def shown(inbox: Inbox, **asked) -> list[tuple[str, str, int]]:
    page = inbox.page(asked.pop("state", "open"), limit=asked.pop("limit", 100), now=NOW, **asked)
    return [(item.row.dataset, item.row.label, item.row.images) for item in page.items]


def only(inbox: Inbox) -> Item:
    [item] = inbox.page("open", limit=5, now=NOW).items
    return item


def test_reporting_twice_doubles_nothing(inbox: Inbox):
    for _ in range(2):
        report(inbox, "synth", (A, "melanomma", 12), (A, "red thing", 3))
    assert shown(inbox) == [(A, "melanomma", 12), (A, "red thing", 3)]


def test_a_jobs_newer_report_takes_the_place_of_its_older_one(inbox: Inbox):
    report(inbox, "synth", (A, "melanomma", 12), (A, "red thing", 3))
    report(inbox, "synth", (A, "melanomma", 7))
    assert shown(inbox) == [(A, "melanomma", 7)]


def test_a_report_about_one_dataset_leaves_the_others_alone(inbox: Inbox):
    report(inbox, "synth", (A, "melanomma", 12))
    report(inbox, "synth", (B, "melanomma", 5))
    assert shown(inbox) == [(A, "melanomma", 12), (B, "melanomma", 5)]


def test_two_jobs_that_read_the_same_images_do_not_add_up(inbox: Inbox):
    report(inbox, "synth", (A, "melanomma", 12))
    report(inbox, "eval", (A, "melanomma", 4))
    item = only(inbox)
    assert item.row.images == 12
    assert [(each.job, each.images) for each in item.reports] == [("synth", 12), ("eval", 4)]


def test_a_label_that_stands_twice_in_one_report_has_the_images_of_both(inbox: Inbox):
    report(inbox, "synth", (A, "melanomma", 12), ("Fitzpatrick17K", "melanomma", 1))
    assert shown(inbox) == [(A, "melanomma", 13)]


def test_what_resolves_is_not_in_the_inbox(inbox: Inbox):
    report(inbox, "synth", (A, "melanoma", 12), ("ham10000", "nv", 5), ("midas", "6-benign-other", 4), (A, "MM", 1))
    report(inbox, "eval", (B, "reed or spitz nevus", 9))
    assert shown(inbox) == [(A, "MM", 1)]


def test_a_label_leaves_by_itself_when_somebody_elses_edit_makes_it_resolve(inbox: Inbox, desk: Desk):
    report(inbox, "synth", (A, "red thing", 3))
    proposal = desk.propose(ANNA, [PutCrosswalk(CrosswalkEntry(A, "red thing", ("psoriasis",)))], message="", now=NOW)
    assert shown(inbox) == [(A, "red thing", 3)]
    desk.review(BERT, proposal.number, "accept", "", now=NOW)
    assert shown(inbox) == []
    assert shown(inbox, state="decided") == []


def test_pages_hold_each_label_once_in_the_order_of_images(inbox: Inbox):
    rows = [(A, f"thing {n}", n % 7) for n in range(40)] + [(B, f"thing {n}", n % 7) for n in range(40)]
    report(inbox, "synth", *rows)
    seen: list[tuple[str, str, int]] = []
    after: LabelRow | None = None
    while True:
        page = inbox.page("open", after=after, limit=9, now=NOW)
        seen += [(item.row.dataset, item.row.label, item.row.images) for item in page.items]
        after = page.last
        if after is None:
            break
    assert seen == sorted(rows, key=lambda row: (-row[2], row[0], row[1]))


def test_one_dataset_can_be_asked_for_in_any_case(inbox: Inbox):
    report(inbox, "synth", (A, "melanomma", 12), (B, "melanomma", 5))
    assert shown(inbox, dataset="DERM7PT") == [(B, "melanomma", 5)]


def test_each_open_label_comes_with_its_reason_and_its_suggestions(inbox: Inbox):
    report(inbox, "synth", (A, "melanomma", 12))
    item = only(inbox)
    assert item.advice is not None
    assert item.advice.why == "no disease or group has this name"
    assert item.advice.suggestions[0].concept == "melanoma"
    assert item.decided is None
