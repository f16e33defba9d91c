"""The editorial cycle in the browser: who may decide what, and what is said when it cannot be."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from .people import Desk

_CONFLICT = re.compile("status of (403|404)")


def proposed(desk: Desk, *changes: dict[str, Any], by: str = "ana", role: Any = "editor", why: str = "a try") -> int:
    """The number of a proposal that waits for review."""
    with desk.http(by, role) as http:
        answer = http.post("/v1/proposals", json={"changes": list(changes), "message": why})
        assert answer.status_code == 201, answer.text
        return answer.json()["number"]


def move(concept: str, *parents: str) -> dict[str, Any]:
    return {"change": "move", "concept": concept, "parents": list(parents)}


def opened(page: Page, number: int) -> Page:
    """A proposal's page with what it would do."""
    page.goto(f"/proposals/{number}")
    expect(page.locator("#outcome h2")).to_be_visible()
    return page


def unprovoked(desk: Desk) -> list[str]:
    return [fault for fault in desk.faults if not _CONFLICT.search(fault)]


def test_nobody_accepts_their_own_structural_proposal(desk: Desk):
    """Check 8, by page and by API."""
    number = proposed(desk, move("hibernoma", "neoplasm"), by="rita", role="reviewer")
    page = desk.page("rita", "reviewer")
    opened(page, number)
    expect(page.locator("#decide")).to_contain_text("Nobody accepts their own structural change")
    expect(page.get_by_role("button", name="Accept the proposal")).to_have_count(0)
    expect(page.get_by_role("button", name="Withdraw the proposal")).to_be_visible()
    with desk.http("rita", "reviewer") as http:
        assert http.post(f"/proposals/{number}/review", data={"verdict": "accept"}).status_code == 403
        answer = http.post(f"/v1/proposals/{number}/review", json={"verdict": "accept"})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert http.get(f"/v1/proposals/{number}").json()["state"] == "in-review"
    page.get_by_role("button", name="Withdraw the proposal").click()
    expect(page.locator("#said")).to_contain_text(f"Proposal {number} is withdrawn")
    assert unprovoked(desk) == []


def test_a_reader_and_an_editor_decide_nothing(desk: Desk):
    """Check 8: a reader gets 403, by page and API."""
    number = proposed(desk, move("lipoma", "neoplasm"))
    for name, role in (("ray", "reader"), ("eve", "editor")):
        with desk.http(name, role) as http:
            shown = http.get(f"/proposals/{number}")
            assert shown.status_code == 200
            assert "Accept the proposal" not in shown.text
            assert "A reviewer accepts or declines it" in shown.text
            for verdict in ("accept", "decline"):
                said = {"verdict": verdict, "reason": "because"}
                assert http.post(f"/proposals/{number}/review", data=said).status_code == 403
                assert http.post(f"/v1/proposals/{number}/review", json=said).status_code == 403
            assert http.post("/releases", data={"base": "1"}).status_code == 403
            assert http.post("/v1/releases", json={}).status_code == 403
            assert http.get(f"/v1/proposals/{number}").json()["state"] == "in-review"
    with desk.http("ray", "reader") as http:
        assert http.post(f"/proposals/{number}/comments", data={"text": "hm"}).status_code == 403
        assert http.post("/changes/1/revert", data={"message": "hm"}).status_code == 403
    with desk.http() as http:
        assert http.get(f"/proposals/{number}", follow_redirects=False).headers["location"].startswith("/sign-in?next=")


def test_two_proposals_that_make_a_cycle_are_not_both_accepted(desk: Desk):
    """Check 11: the second is refused in words, with the names of both, and nothing is written."""
    first = proposed(desk, move("poroma", "syringoma"))
    second = proposed(desk, move("syringoma", "poroma"))
    page, other = desk.page("bob", "reviewer"), desk.page("bob", "reviewer")
    opened(page, first)
    opened(other, second)
    page.get_by_role("button", name="Accept the proposal").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Review")
    expect(page.locator("#said")).to_contain_text(f"Proposal {first} is accepted")
    with desk.http("bob", "reviewer") as http:
        before = http.get("/v1/changes").json()["items"][0]["seq"]
        other.get_by_label("Reason").fill("Agreed, too.")
        other.get_by_role("button", name="Accept the proposal").click()
        alert = other.get_by_role("alert")
        expect(alert).to_contain_text("'poroma' › 'syringoma' › 'poroma'")
        expect(alert).to_contain_text("cannot lie under itself")
        expect(other.get_by_label("Reason")).to_have_value("Agreed, too.")
        refused = http.post(f"/v1/proposals/{second}/review", json={"verdict": "accept"})
        assert (refused.status_code, refused.json()["code"]) == (422, "cycle-found")
        assert http.get("/v1/changes").json()["items"][0]["seq"] == before
    opened(other, second)
    expect(other.get_by_role("heading", name="Why it cannot be accepted now")).to_be_visible()
    expect(other.get_by_role("button", name="Accept the proposal")).to_be_hidden()
    expect(other.locator("main")).not_to_contain_text(re.compile("sweat-gland"))
    assert unprovoked(desk) == []


def test_declining_takes_a_reason_which_its_author_reads(desk: Desk):
    number = proposed(desk, move("lipoma", "neoplasm"), why="It grows.")
    page = desk.page("bob", "reviewer")
    opened(page, number)
    page.get_by_role("button", name="Decline it").click()
    expect(page.get_by_role("alert")).to_contain_text("say why it is declined")
    page.get_by_label("Reason").fill("It is no neoplasm.")
    page.get_by_role("button", name="Decline it").click()
    expect(page.locator("#said")).to_contain_text(f"Proposal {number} is declined")
    author = desk.page("ana")
    author.goto("/review?tab=mine")
    mine = author.get_by_role("listitem").filter(has=author.locator(f'a[href="/proposals/{number}"]'))
    expect(mine).to_contain_text("declined by bob: It is no neoplasm.")
    author.goto(f"/proposals/{number}")
    expect(author.locator("main")).to_contain_text("Declined by bob")
    expect(author.get_by_role("button", name="Withdraw the proposal")).to_have_count(0)
    assert unprovoked(desk) == []


def test_a_proposal_says_what_it_overwrites_and_keeps_remarks(desk: Desk):
    with desk.http("ana") as http:
        old = http.get("/v1/concepts/hibernoma").json()
    number = proposed(
        desk,
        {"change": "set-condition", "concept": "hibernoma", "condition": "malignant"},
        {"change": "rename", "concept": "hibernoma", "label": "<b>brown</b> lipoma"},
    )
    page = desk.page("bob", "reviewer")
    opened(page, number)
    expect(page.get_by_role("heading", level=1)).to_contain_text("The condition of 'hibernoma' is malignant")
    expect(page.locator(".deeds del", has_text="benign")).to_be_visible()
    expect(page.locator(".deeds ins", has_text="malignant")).to_be_visible()
    expect(page.locator(".deeds ins", has_text="<b>brown</b> lipoma")).to_be_visible()  # as it is written, no markup
    expect(page.locator(".deeds").get_by_role("link", name=old["prefLabel"]).first).to_have_attribute(
        "href", "/n/hibernoma"
    )
    expect(page.locator("#outcome")).to_contain_text("Grave")
    page.get_by_label("Your remark").fill("Which book says so?")
    page.get_by_role("button", name="Add the remark").click()
    expect(page.locator(".remarks")).to_contain_text("Which book says so?")
    page.goto("/review")
    row = page.get_by_role("listitem").filter(has=page.locator(f'a[href="/proposals/{number}"]'))
    row.scroll_into_view_if_needed()
    expect(row.locator(".tag.bad")).to_have_text("grave")
    expect(row).to_contain_text("and 1 more change")
    assert unprovoked(desk) == []


def test_a_large_proposal_is_told_a_page_at_a_time(desk: Desk):
    with desk.http("ana") as http:
        some = http.get("/v1/concepts?limit=200").json()["items"]
    leaves = [each for each in some if not each["children"]][:120]
    names = [{"change": "rename", "concept": each["id"], "label": f"{each['prefLabel']} 2"} for each in leaves]
    number = proposed(desk, *names)
    page = desk.page("eve")
    page.goto(f"/proposals/{number}")
    expect(page.locator(".deeds > li")).to_have_count(50)
    expect(page.locator("main")).to_contain_text("and 70 more changes")
    page.get_by_role("link", name="Next 50").click()
    expect(page.locator(".deeds")).to_have_attribute("start", "51")
    expect(page.locator(".deeds > li")).to_have_count(50)
    assert unprovoked(desk) == []


def test_the_queue_says_what_would_be_there_when_it_is_empty(small_desk: Desk):
    page = small_desk.page("rita", "reviewer")
    for tab, said in (("open", "Nothing waits"), ("mine", "You have proposed nothing"), ("ready", "Nothing was acc")):
        page.goto(f"/review?tab={tab}")
        expect(page.locator(".empty")).to_contain_text(said)
    assert small_desk.faults == []
