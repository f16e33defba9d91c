"""Features: found by kind and name, seen from their diseases, edited by proposal."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from kg_service.client import pull
from kg_service.core.bearing import bearers, shown
from kg_service.core.knowledge import Knowledge
from kg_service.core.release import load_snapshot

from .people import Desk


@pytest.fixture(scope="module")
def shipped(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Knowledge:
    """What the desk shows, as it publishes it."""
    return load_snapshot(pull(desk.url, cache=tmp_path_factory.mktemp("pulled")))


def test_features_are_found_as_one_types_with_how_many_show_them(desk: Desk, shipped: Knowledge):
    page = desk.page()
    page.goto("/features")
    expect(page.locator(".features li")).to_have_count(len(shipped.features))
    with page.expect_response("**/features?*q=milia-like"):  # the last letter's: no further answer takes the link away
        page.get_by_label("Search features").press_sequentially("milia-like")
    expect(page.locator(".htmx-request")).to_have_count(0)
    expect(page.locator(".features li")).to_have_count(1)
    expect(page.locator(".features li")).to_have_text(f"milia-like cysts {shown(shipped)['milia-like-cysts']}")
    page.get_by_role("link", name="milia-like cysts").click()
    expect(page).to_have_url(re.compile("/f/milia-like-cysts$"))
    assert desk.faults == []


def test_a_feature_tells_which_diseases_have_it_and_what_it_decides(desk: Desk, shipped: Knowledge):
    page = desk.page()
    page.goto("/f/stuck-on")
    for polarity, ids in bearers(shipped, "stuck-on").stated.items():
        heading = page.get_by_role("heading", level=3).filter(has_text=polarity.value)
        expect(heading).to_contain_text(str(len(ids)))
    page.get_by_role("link", name="basal cell carcinoma and seborrheic keratosis", exact=True).click()
    expect(page).to_have_url(re.compile("/compare/basal-cell-carcinoma/seborrheic-keratosis$"))
    assert desk.faults == []


def test_a_feature_is_added_and_edited_by_proposal(desk: Desk):
    page = desk.page("ana")
    page.goto("/f/new")
    page.locator("#label").fill("Velvet sheen")
    page.locator("#definition").fill("An invented sign, for this test.")
    page.locator("#message").fill("to try it")
    page.set_viewport_size({"width": 800, "height": 500})
    page.get_by_role("button", name="Propose the feature").click()
    expect(page.get_by_role("alert")).to_contain_text("or mark that it needs one")
    expect(page.get_by_role("alert")).to_be_in_viewport()
    page.get_by_label("Needs a source").check()
    page.get_by_role("button", name="Propose the feature").click()
    page.wait_for_url(re.compile(r"/proposals/\d+$"))
    page.goto("/f/stuck-on/edit")
    page.locator("#message").fill("nothing changed")
    page.get_by_role("button", name="Propose the change").click()
    expect(page.locator("#said")).to_contain_text("already")
    page.locator("#alt").fill("pasted on")
    page.get_by_role("button", name="Propose the change").click()
    page.wait_for_url(re.compile(r"/proposals/\d+$"))
    made = desk.http("ana").get(f"/v1/proposals/{page.url.rpartition('/')[2]}").json()["changes"]
    assert [each["feature"].get("altLabels") for each in made] == [["pasted on"]]
    assert desk.faults == []


def test_a_feature_that_is_used_is_not_removed(desk: Desk):
    http = desk.http("ana")
    assert "It can be removed when none does" in http.get("/f/stuck-on/edit").text
    answer = http.post("/f/stuck-on/remove", data={"message": "why", "base": "0"}, headers={"HX-Request": "true"})
    assert "take it out of them first" in answer.text


def test_who_asks_for_a_feature_that_is_not_there_gets_404(desk: Desk):
    assert desk.http().get("/f/nothing").status_code == 404
