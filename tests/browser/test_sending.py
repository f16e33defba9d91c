"""Forms in unsteady hands and on unsteady lines: what is sent is sent once, and what fails can be sent again."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .people import Desk, Held


def proposed(desk: Desk, page: Page) -> None:
    """An open proposal, and its page."""
    move = {"changes": [{"change": "move", "concept": "blue-nevus", "parents": ["neoplasm"]}], "message": "why"}
    with desk.http("ana") as ana:
        number = ana.post("/v1/proposals", json=move).raise_for_status().json()["number"]
    page.goto(f"/proposals/{number}")
    page.get_by_label("Your remark").fill("a remark")


def test_a_double_click_sends_a_form_once(small_desk: Desk) -> None:
    page = small_desk.page("ana")
    proposed(small_desk, page)
    page.get_by_role("button", name="Add the remark").dblclick()
    expect(page.get_by_text("Your remark is added.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("a remark", exact=True)).to_have_count(1)
    assert small_desk.faults == []


def test_an_impatient_click_while_the_line_is_slow_sends_nothing_more(small_desk: Desk) -> None:
    page = small_desk.page("ana")
    proposed(small_desk, page)
    held = Held(page, "**/comments")
    button = page.get_by_role("button", name="Add the remark")
    with page.expect_request("**/comments"):
        button.click()
    button.click()
    held.let_go()
    expect(page.get_by_text("Your remark is added.")).to_be_visible()
    expect(page.get_by_text("a remark", exact=True)).to_have_count(1)
    assert held.routes == []
    assert small_desk.faults == []


def test_a_form_that_was_lost_on_the_way_can_be_sent_again(small_desk: Desk) -> None:
    page = small_desk.page("ana")
    proposed(small_desk, page)
    page.route("**/comments", lambda route: route.abort())
    button = page.get_by_role("button", name="Add the remark")
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("What you typed is kept here")
    page.unroute("**/comments")
    button.click()
    expect(page.get_by_text("Your remark is added.")).to_be_visible()
    expect(page.get_by_text("a remark", exact=True)).to_have_count(1)


def test_a_form_that_was_refused_can_be_mended_and_sent_again(small_desk: Desk) -> None:
    page = small_desk.page("ana")
    proposed(small_desk, page)
    page.get_by_label("Your remark").fill(" ")
    button = page.get_by_role("button", name="Add the remark")
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("rite a remark")
    page.get_by_label("Your remark").fill("a remark")
    button.click()
    expect(page.get_by_text("Your remark is added.")).to_be_visible()
    assert small_desk.faults == []
