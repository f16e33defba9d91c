"""The checks on screen: counted, folded, paged, narrowed to a branch, and each row with its mend."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from kg_service.core.checks import Name, checks
from kg_service.core.knowledge import Knowledge
from kg_service.core.release import load_snapshot
from kg_service.web.screens.checks import WORDS

from .people import Desk


@pytest.fixture(scope="module")
def know(desk: Desk) -> Knowledge:
    with desk.http("ana") as client:
        return load_snapshot(client.get("/v1/releases/latest/snapshot").raise_for_status().content)


def test_the_counts_on_screen_are_those_of_the_core_and_long_lists_are_folded(desk: Desk, know: Knowledge):
    page = desk.page("ana")
    page.goto("/checks")
    index = page.get_by_role("navigation", name="Checks").get_by_role("listitem")
    for check in checks(know):
        row = index.filter(has_text=WORDS[check.name].title)
        expect(row).to_contain_text(f"{len(check.findings):,}" if check.findings else "none")
        if len(check.findings) > 12:
            table = page.get_by_role("region", name=WORDS[check.name].title).get_by_role("row")
            expect(table).to_have_count(7)  # with the head
    assert desk.faults == []


def test_a_long_list_is_paged_and_narrowed_to_a_branch(desk: Desk, know: Knowledge):
    found = next(check for check in checks(know) if check.name is Name.SOURCELESS)
    page = desk.page("ana")
    page.goto(f"/checks/{Name.SOURCELESS}")
    expect(page.get_by_text(f"1 to 100 of {len(found.findings):,}")).to_be_visible()
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text(f"101 to 200 of {len(found.findings):,}")).to_be_visible()
    page.get_by_label("Branch").select_option(label="hair disorder")
    page.get_by_role("button", name="Show").click()
    within = found.within({"hair-disorder", *know.descendants("hair-disorder")})
    expect(page.get_by_text(re.compile(rf"of {len(within.findings):,}$"))).to_be_visible()
    assert desk.faults == []


def test_every_row_links_to_its_mend_and_every_mend_is_there(desk: Desk):
    with desk.http("ana") as client:
        page = client.get("/checks").text
        mends = {re.sub(r"[^/?]+(?=/(?:edit|move|merge)$)", "*", link) for link in re.findall(r'href="([^"]+)"', page)}
        for wanted in ("/ddx/", "/edit", "/move", "/merge", "/new?under="):
            link = next(found for found in re.findall(r'href="([^"]+)"', page) if wanted in found)
            assert client.get(link).status_code == 200, link
        assert any("/n/*/edit" in mend for mend in mends)


def test_who_may_not_edit_sees_no_mend(desk: Desk):
    with desk.http("rita", "reader") as client:
        page = client.get("/checks").text
        assert "/edit" not in page
        assert client.get("/checks/no-such-check").status_code == 404
        assert client.get("/checks", params={"branch": "no-such-group"}).status_code == 404
    with desk.http() as client:
        assert client.get("/checks").headers["location"].startswith("/sign-in")
