"""The history: who changed what, by what one looks for, and the way back."""

from __future__ import annotations

from playwright.sync_api import expect

from .people import Desk
from .test_releases import accept
from .test_review import move, proposed, unprovoked


def test_history_is_found_by_concept_person_and_day(small_desk: Desk):
    desk = small_desk
    accept(desk, proposed(desk, move("blue-nevus", "melanocytic-neoplasm"), why="as the board decided"))
    accept(desk, proposed(desk, move("bowen-disease", "neoplasm"), by="eve", why="it is no carcinoma"))
    page = desk.page("ray", "reader")
    page.goto("/history")
    entries = page.locator(".log > li")
    expect(entries).to_have_count(3)
    expect(entries.nth(0)).to_contain_text("it is no carcinoma")
    expect(entries.nth(0)).to_contain_text("proposed by eve")
    expect(entries.nth(0)).to_contain_text("accepted by rita")
    expect(entries.nth(0)).to_contain_text("not yet released")
    expect(entries.nth(2).get_by_role("link", name="release 1")).to_be_visible()
    page.get_by_role("combobox", name="Disease or group").fill("blue n")
    page.get_by_role("listbox").get_by_role("option").first.click()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("main")).to_contain_text("What changed blue nevus")
    expect(entries).to_have_count(2)  # the import was about it, too
    expect(entries.nth(0)).to_contain_text(
        "'blue nevus' lies under 'melanocytic neoplasm' instead of 'melanocytic nevus'"
    )
    page.goto("/history?person=eve")
    expect(entries).to_have_count(1)
    page.goto("/history?until=2001-01-01")
    expect(page.locator(".empty")).to_contain_text("Nobody changed anything of this kind")
    assert desk.faults == []


def test_a_change_tells_what_stood_before_it_and_what_hinders_taking_it_back(small_desk: Desk):
    desk = small_desk
    accept(desk, proposed(desk, move("blue-nevus", "melanocytic-neoplasm")))
    accept(desk, proposed(desk, move("blue-nevus", "neoplasm")))
    page = desk.page("ana")
    page.goto("/changes/2")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "'blue nevus' lies under 'melanocytic neoplasm' instead of 'melanocytic nevus'"
    )
    expect(page.locator("#back")).to_contain_text("cannot be taken back as it is")
    expect(page.locator("#back")).to_contain_text("'blue nevus' was edited by change 3")
    page.goto("/changes/3")
    expect(page.locator(".deeds del")).to_contain_text("melanocytic neoplasm")
    expect(page.locator("#back .impact")).to_be_visible()
    page.get_by_text("The statements, for engineers").click()
    expect(page.get_by_role("region", name="Added statements")).to_contain_text("<https://w3id.org/skin-r1/")
    with desk.http("ana") as http:
        assert http.post("/changes/1/revert", data={"message": "all of it"}).status_code == 422
        assert http.get("/changes/99").status_code == 404
        assert "GET /v1" not in http.get("/changes/99").text
    page.goto("/changes/1")
    expect(page.locator("main")).to_contain_text("cannot be taken back")
    assert unprovoked(desk) == []
