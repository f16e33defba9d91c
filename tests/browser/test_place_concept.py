"""S3: moving, merging, splitting and retiring in the browser, and what the impact panel counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
from playwright.sync_api import Page, expect

from .people import Desk, Held

_IMAGES = {"bcc": 514, "mel": 1113, "syringoma": 40, "hidradenoma": 12, "cylindroma": 3}


def _choose(page: Page, box: str, name: str) -> None:
    page.get_by_role("combobox", name=box).fill(name)
    page.get_by_role("option").filter(has_text=re.compile(rf"^\s*{name}\s")).first.click()


def _move(page: Page, concept: str, under: str) -> None:
    page.goto(f"/n/{concept}/move")
    page.locator("#chosen-parent").get_by_role("button", name="Remove").click()
    expect(page.locator("#chosen-parent")).to_contain_text("None chosen")
    _choose(page, "Find a group", under)


def _concepts(http: httpx.Client, state: str) -> dict[str, dict[str, Any]]:
    def pages() -> Iterator[dict[str, Any]]:
        cursor = ""
        while cursor is not None:
            page = http.get("/v1/concepts", params={"release": state, "limit": 1000, "cursor": cursor}).json()
            yield from page["items"]
            cursor = page["next"]

    return {concept["id"]: concept for concept in pages()}


def _above(concepts: dict[str, dict[str, Any]], id_: str) -> set[str]:
    parents = concepts[id_]["parents"]
    return {*parents}.union(*(_above(concepts, parent) for parent in parents))


def _earned(http: httpx.Client, state: str, pairs: list[tuple[str, str]]) -> list[float]:
    body = {"labels": [answer for answer, _ in pairs], "golds": [gold for _, gold in pairs], "spec": "paper"}
    return http.post("/v1/score", params={"release": state}, json=body).json()["granularity"]


def test_an_answer_that_comes_late_changes_nothing_that_is_settled(desk: Desk) -> None:
    """What was gone to by keys stays chosen when the list is drawn anew, and a box that has its answer stays shut."""
    page = desk.page("tina")

    def answer_late(text: str) -> None:
        """Let the answer come that the box waited for."""
        with page.expect_response(lambda response: "/search/pick" in response.url and f"q={text}" in response.url):
            held.let_go(f"q={text}")
        expect(page.locator(".htmx-request")).to_have_count(0)

    page.goto("/n/blue-nevus/move")
    page.locator("#chosen-parent").get_by_role("button", name="Remove").click()
    expect(page.locator("#chosen-parent")).to_contain_text("None chosen")
    box, options = (
        page.get_by_role("combobox", name="Find a group"),
        page.locator("#list-add-parent").get_by_role("option"),
    )
    box.fill("eczem")
    expect(options.nth(1)).to_be_visible()
    held = Held(page, "**/search/pick*")
    with page.expect_request("**/search/pick*"):
        box.press("a")
    wanted = options.filter(has_text="hand eczema").first
    while wanted.get_attribute("aria-selected") != "true":
        box.press("ArrowDown")
    answer_late("eczema")
    expect(wanted).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", wanted.get_attribute("id") or "none")

    with page.expect_request("**/search/pick*"):
        box.press("Backspace")
    expect(options.and_(page.locator("[aria-selected=true]"))).to_have_count(0)
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    while wanted.get_attribute("aria-selected") != "true":
        box.press("ArrowDown")
    box.press("Enter")
    expect(page.locator("#chosen-parent")).to_contain_text("hand eczema")
    answer_late("eczem")
    expect(page.locator("#list-add-parent")).to_be_hidden()
    expect(box).to_have_attribute("aria-expanded", "false")
    assert desk.faults == []


def test_enter_takes_the_first_of_what_the_whole_text_finds(desk: Desk) -> None:
    """Never the first of what half of it had found, however early the key is pressed."""
    page = desk.page("tina")
    page.goto("/n/blue-nevus/move")
    box, options = (
        page.get_by_role("combobox", name="Find a group"),
        page.locator("#list-add-parent").get_by_role("option"),
    )
    box.fill("melanoma")
    expect(options.first).to_have_attribute("data-label", "melanoma")
    held = Held(page, "**/search/pick*")
    box.press_sequentially(" in situ")
    box.press("Enter")
    expect(page.locator("#chosen-parent li")).to_have_count(1)
    held.let_go("situ")
    expect(page.locator("#chosen-parent li")).to_have_count(2)
    expect(page.locator("#chosen-parent")).to_contain_text("melanoma in situ")
    expect(page).to_have_url(re.compile(r"/n/blue-nevus/move$"))
    assert desk.faults == []


def test_a_move_under_its_own_descendant_is_refused_by_page_and_api_and_writes_nothing(desk: Desk) -> None:
    """Check 6."""
    with desk.http("tina") as http:
        proposals = http.get("/v1/proposals").json()["items"]
        change = {"change": "move", "concept": "melanocytic-neoplasm", "parents": ["blue-nevus"]}
        refused = http.post("/v1/proposals", json={"changes": [change], "message": "try it"})
        assert refused.status_code in (409, 422)
        assert "melanocytic-neoplasm" in refused.text
        assert "blue-nevus" in refused.text

        page = desk.page("tina")
        _move(page, "melanocytic-neoplasm", "blue nevus")
        said = page.locator("#preview .alert")
        expect(said).to_contain_text("melanocytic neoplasm")
        expect(said).to_contain_text("blue nevus")
        page.get_by_label("Why").fill("try it")
        page.get_by_role("button", name="Propose the move").click()
        alert = page.locator("#said [role=alert]")
        expect(alert).to_contain_text("melanocytic neoplasm")
        expect(alert).to_contain_text("blue nevus")
        expect(page).to_have_url(re.compile(r"/n/melanocytic-neoplasm/move$"))
        assert http.get("/v1/proposals").json()["items"] == proposals
    assert desk.faults == []


def test_the_numbers_of_the_panel_equal_those_of_the_api_and_an_independent_count(desk: Desk) -> None:
    """Check 7."""
    moved, under = "sweat-gland-neoplasm", "inflammatory-skin-disease"
    with desk.http("tina") as http:
        http.put("/v1/datasets/a-clinic/labels", json={"labels": _IMAGES}).raise_for_status()
        page = desk.page("tina")
        _move(page, moved, "inflammatory skin disease")
        expect(page.locator("#preview")).to_contain_text("lies under 'inflammatory skin disease' instead of")
        numbers = page.locator("#impact [data-number]")
        shown = {
            str(each.get_attribute("data-number")): int(each.locator("dd").inner_text().replace(",", ""))
            for each in numbers.all()
        }
        change = {"change": "move", "concept": moved, "parents": [under]}
        told = http.post("/v1/impact", json={"changes": [change]}).json()
        assert shown == {
            "concepts": len(told["paths"]),
            "along": len(told["along"]),
            "levels": len(told["levels"]),
            "labels": len(told["labels"]),
            "images": told["images_affected"],
            "differentials": len(told["differentials"]),
            "conflicts": sum(each["conflict"] for each in told["conditions"]),
            "pairs": told["pairs"],
        }

        page.get_by_label("Why").fill("to be counted")
        page.get_by_role("button", name="Propose the move").click()
        expect(page).to_have_url(re.compile(r"/proposals/\d+$"))
        state = f"proposal-{page.url.rpartition('/')[2]}"
        before, after = _concepts(http, "draft"), _concepts(http, state)
        elsewhere = {id_ for id_ in after if _above(before, id_) != _above(after, id_)}
        assert shown["concepts"] == sum(before[id_]["parents"] != after[id_]["parents"] for id_ in after) == 1
        assert shown["along"] == len(elsewhere) - 1
        assert shown["levels"] == sum(before[id_]["level"] != after[id_]["level"] for id_ in after)
        mixed = [id_ for id_ in after if before[id_]["condition"] and after[id_]["condition"] is None]
        assert shown["conflicts"] == len(mixed)

        body = {"labels": [*_IMAGES], "dataset": "a-clinic"}
        meant = http.post("/v1/resolve", params={"release": state}, json=body).json()["results"]
        touched = [elsewhere.intersection(each["concepts"]) for each in meant]
        assert shown["images"] == sum(n for n, hit in zip(_IMAGES.values(), touched, strict=True) if hit) > 0

        pairs = [(a, gold) for gold in sorted(elsewhere) for a in {gold, *_above(before, gold), *_above(after, gold)}]
        earned = zip(_earned(http, "draft", pairs), _earned(http, state, pairs), strict=True)
        assert shown["pairs"] == sum(abs(was - now) > 1e-3 for was, now in earned)
    assert desk.faults == []


def test_several_parents_are_ordered_by_buttons_and_the_first_is_primary(desk: Desk) -> None:
    page = desk.page("tina")
    page.goto("/n/blue-nevus/move")
    chosen = page.locator("#chosen-parent li")
    expect(chosen).to_have_count(1)
    _choose(page, "Find a group", "neoplasm")
    expect(chosen).to_have_count(2)
    expect(page.locator(".htmx-request")).to_have_count(0)
    page.get_by_role("button", name="Make primary neoplasm").click()
    expect(chosen.first).to_contain_text("primary")
    expect(chosen.first).to_contain_text("neoplasm")
    expect(page.locator("#preview")).to_contain_text("'blue nevus' lies under 'neoplasm' and 'melanocytic nevus'")


def test_a_group_is_retired_only_after_its_members_have_moved(desk: Desk) -> None:
    page = desk.page("tina")
    page.goto("/n/melanocytic-nevus/retire")
    first = page.get_by_role("region", name="Move its members first")
    expect(first.get_by_role("link", name="move blue nevus")).to_have_attribute("href", "/n/blue-nevus/move")
    expect(page.locator("#preview")).to_contain_text("'blue nevus' would lie under 'melanocytic nevus', which is gone")
    page.get_by_label("Why").fill("no longer used")
    page.get_by_role("button", name="Propose to retire it").click()
    expect(page.locator("#said [role=alert]")).to_contain_text("which is gone")


def test_a_merge_tells_what_goes_over_and_becomes_a_proposal(desk: Desk) -> None:
    page = desk.page("tina")
    page.goto("/n/acantholytic-dyskeratotic-epidermal-nevus/merge")
    expect(page.get_by_role("region", name="What goes over")).to_contain_text("become synonyms")
    _choose(page, "Find the disease or group that stays", "combined nevus")
    merged = "'acantholytic dyskeratotic epidermal nevus' into 'combined nevus'"
    expect(page.locator("#preview")).to_contain_text(f"Merge {merged}")
    expect(page.locator("#impact")).to_contain_text("'combined nevus' stands for it")
    page.get_by_label("Why").fill("one thing by two names")
    page.get_by_role("button", name="Propose the merging").click()
    expect(page).to_have_url(re.compile(r"/proposals/\d+$"))


def test_a_split_names_its_parts_and_places_its_members(desk: Desk) -> None:
    page = desk.page("tina")
    page.goto("/n/congenital-melanocytic-nevus/split")
    page.get_by_label("Name").nth(0).fill("small congenital test nevus")
    page.get_by_label("Name").nth(1).fill("large congenital test nevus")
    page.get_by_role("button", name="Add another part").click()
    page.get_by_label("Name").nth(2).fill("third congenital test nevus")
    member = page.get_by_label("Part that", exact=False).first
    member.select_option("2")
    parts = "'small congenital test nevus' and 'large congenital test nevus' and 'third congenital test nevus'"
    expect(page.locator("#preview")).to_contain_text(f"Split 'congenital melanocytic nevus' into {parts}")
    expect(page.locator("#preview")).to_contain_text("lies under 'large congenital test nevus'")


def test_a_move_that_somebody_else_made_meanwhile_is_not_overwritten_unseen(desk: Desk) -> None:
    page = desk.page("tina")
    page.goto("/n/nevus-spilus/move")
    _choose(page, "Find a group", "pigmentary disorder")
    expect(page.locator("#chosen-parent li")).to_have_count(2)
    other = desk.page("wim", trusted=True)
    other.goto("/n/nevus-spilus/edit")
    other.locator("#definition").fill("Reworded by wim.")
    other.get_by_label("Why").fill("clearer")
    other.locator("#concept-form button.primary").click()
    expect(other).to_have_url(re.compile(r"/n/nevus-spilus$"))
    page.get_by_label("Why").fill("it is one")
    page.get_by_role("button", name="Propose the move").click()
    expect(page.locator("#said [role=alert]")).to_contain_text("What you chose is kept")
    page.get_by_role("button", name="Propose the move").click()
    expect(page).to_have_url(re.compile(r"/proposals/\d+$"))
    assert desk.faults == []
