"""From an accepted proposal to a release, and back to exactly what was."""

from __future__ import annotations

import hashlib

from playwright.sync_api import expect

from .people import Desk
from .test_review import move, opened, proposed


def accept(desk: Desk, number: int) -> None:
    with desk.http("rita", "reviewer") as http:
        answer = http.post(f"/v1/proposals/{number}/review", json={"verdict": "accept"})
        assert answer.status_code == 200, answer.text


def test_what_is_accepted_and_released_reads_alike_everywhere_and_can_be_taken_back_exactly(small_desk: Desk):
    """Check 9."""
    desk = small_desk
    rename = {"change": "rename", "concept": "blue-nevus", "label": "dermal blue nevus"}
    number = proposed(desk, move("blue-nevus", "melanocytic-neoplasm"), rename, why="as the board decided")
    page = desk.page("rita", "reviewer")
    opened(page, number).get_by_role("button", name="Accept the proposal").click()
    expect(page.locator("#said")).to_contain_text("accepted: it is change 2")
    passer = desk.http()
    assert passer.get("/v1/concepts/blue-nevus").json()["prefLabel"] == "blue nevus"  # nothing is published yet

    page.goto("/review?tab=ready")
    expect(page.locator(".queue")).to_contain_text("as the board decided")
    page.get_by_role("link", name="Read the notes and publish").click()
    page.get_by_label("Name").fill("2026.11")
    page.get_by_label("Notes").fill("One blue nevus moved.")
    page.get_by_role("button", name="Publish the release").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Release 2026.11", timeout=60_000)
    expect(page.locator("#said")).to_contain_text("Release 2026.11 is published.")

    told = passer.get("/v1/releases/2026.11/notes").json()
    assert (told["notes"], told["signed_by"], told["previous"]) == ("One blue nevus moved.", "rita", "1")
    sentences = page.locator(".deeds > li")
    expect(sentences).to_have_count(len(told["changes"]))
    for place, sentence in enumerate(told["changes"]):
        if sentence.startswith("move"):
            expect(sentences.nth(place)).to_have_text(
                "blue nevus lies under melanocytic neoplasm instead of melanocytic nevus"
            )
    expect(page.locator("main")).to_contain_text(f"{told['pairs']} pairs of answer")
    assert passer.get("/v1/concepts/blue-nevus").json()["parents"] == ["melanocytic-neoplasm"]
    assert passer.get("/v1/search", params={"q": "dermal blue n"}).json()["items"][0]["id"] == "blue-nevus"
    assert "dermal blue nevus" in passer.get("/search/go", params={"q": "dermal blue n"}).text
    reader = desk.page()
    reader.goto("/n/blue-nevus")
    expect(reader.get_by_role("heading", level=1)).to_contain_text("dermal blue nevus")
    expect(reader.get_by_role("treeitem", name="dermal blue nevus").first).to_be_visible()

    page.goto("/changes/2")
    page.get_by_label("Why").fill("The board has changed its mind.")
    page.get_by_role("button", name="Propose to take change 2 back").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Take back change 2")
    expect(page.locator(".deeds")).to_contain_text("lies under melanocytic nevus instead of melanocytic neoplasm")
    with desk.http("bob", "reviewer") as other:
        back = other.get("/v1/proposals?state=in-review").json()["items"][0]["number"]
        assert other.post(f"/proposals/{back}/review", data={"verdict": "accept"}).status_code == 303
        made = other.post("/releases", data={"base": "3"})
        assert (made.status_code, made.headers["location"]) == (303, "/releases/3")
    first, third = (passer.get(f"/v1/releases/{name}/nquads").content for name in ("1", "3"))
    assert hashlib.sha256(first).hexdigest() == hashlib.sha256(third).hexdigest()
    assert passer.get("/v1/releases/1").json()["digest"] == passer.get("/v1/releases/3").json()["digest"]

    page.goto("/releases/3?against=1")
    expect(page.locator("main")).to_contain_text("Nothing differs.")
    page.get_by_label("Release", exact=True).select_option("2026.11")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("What is new since release 2026.11")
    page.goto("/releases")
    expect(page.get_by_role("row")).to_have_count(4)
    assert desk.faults == []


def test_nobody_publishes_what_they_have_not_seen(small_desk: Desk):
    desk = small_desk
    accept(desk, proposed(desk, move("blue-nevus", "melanocytic-neoplasm")))
    page = desk.page("rita", "reviewer")
    page.goto("/releases/draft")
    accept(desk, proposed(desk, move("bowen-disease", "neoplasm")))
    page.get_by_label("Notes").fill("One blue nevus moved.")
    page.get_by_role("button", name="Publish the release").click()
    expect(page.get_by_role("alert")).to_contain_text("look at them first")
    expect(page.get_by_label("Notes")).to_have_value("One blue nevus moved.")
    page.get_by_label("Name").fill("no name!")
    page.get_by_role("button", name="Publish the release").click()
    expect(page.get_by_role("alert")).to_contain_text("a release is called by letters")
    with desk.http() as http:
        assert [each["id"] for each in http.get("/v1/releases").json()["items"]] == ["1"]
    assert desk.faults == []


def test_a_release_is_read_and_fetched_by_anybody(desk: Desk):
    page = desk.page()
    page.goto("/releases/1")
    expect(page.locator("main")).to_contain_text("This is the first release")
    page.get_by_text("For engineers").click()
    with desk.http() as http:
        digest = http.get("/v1/releases/1").json()["digest"]
        expect(page.locator("pre")).to_contain_text(f"--release 1 --digest {digest}")
        for link in page.locator(".files a").all():
            answer = http.get(link.get_attribute("href") or "")
            assert answer.status_code == 200
            assert len(answer.content) > 1000
    assert desk.faults == []
