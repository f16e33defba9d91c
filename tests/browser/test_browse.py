"""S1: the tree by mouse and keys, the address of what is shown, the concept, the search box."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from .people import Desk, Held

_MELANOMA = "t-neoplasm/melanocytic-neoplasm/melanoma"


def item(page: Page, path: str) -> Locator:
    return page.locator(f"[role=treeitem][id='{path}']")


def expect_chosen(page: Page, path: str) -> None:
    expect(page.locator("[role=treeitem][aria-selected=true]")).to_have_count(1)
    expect(item(page, path)).to_have_attribute("aria-selected", "true")


def type_to(page: Page, letters: str, path: str) -> None:
    """Type how an item begins. Letters that come too slowly begin another name: then once more from the top."""
    for _ in range(5):
        page.keyboard.type(letters)
        if item(page, path).evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Home")
    expect(item(page, path)).to_be_focused()


def test_arrows_open_a_lazy_grandchild_enter_focuses_its_heading_and_shift_tab_returns(desk: Desk):
    """Check 3."""
    page = desk.page()
    page.goto("/")
    page.get_by_role("tree").locator("[tabindex='0']").focus()
    type_to(page, "neo", "t-neoplasm")
    page.keyboard.press("ArrowRight")
    expect(item(page, "t-neoplasm")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowRight")
    expect(item(page, "t-neoplasm/adnexal-neoplasm")).to_be_focused()
    type_to(page, "melanoc", "t-neoplasm/melanocytic-neoplasm")
    page.keyboard.press("ArrowRight")
    expect(item(page, "t-neoplasm/melanocytic-neoplasm")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowRight")
    type_to(page, "melanoma", _MELANOMA)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.get_by_role("heading", level=1)).to_have_text("melanoma")
    expect(page).to_have_url(desk.url + "/n/melanoma")
    expect(page).to_have_title("melanoma · Skin-R1")
    page.keyboard.press("Shift+Tab")
    expect(item(page, _MELANOMA)).to_be_focused()
    expect_chosen(page, _MELANOMA)
    assert desk.faults == []


def test_the_tree_is_one_tab_stop_and_its_keys_lead_through_it(desk: Desk):
    """Check 3: Home, End, up, down, left to the parent and closed again."""
    page = desk.page()
    page.goto("/n/melanoma")
    assert page.locator("[role=treeitem][tabindex='0']").count() == 1
    item(page, _MELANOMA).focus()
    page.keyboard.press("ArrowLeft")
    expect(item(page, _MELANOMA)).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowLeft")
    expect(item(page, "t-neoplasm/melanocytic-neoplasm")).to_be_focused()
    page.keyboard.press("Home")
    expect(item(page, "t-developmental-anomaly")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(item(page, "t-developmental-anomaly")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(item(page, "t-keratinization-disorder")).to_be_focused()
    page.keyboard.press("End")
    expect(item(page, "t-vascular-skin-disease")).to_be_focused()
    assert page.locator("[role=treeitem][tabindex='0']").count() == 1
    assert desk.faults == []


def test_every_item_says_where_it_stands(desk: Desk):
    """Check 2: roles are asserted here, for a tree without any has no violation either."""
    page = desk.page()
    page.goto("/n/melanoma")
    chosen = item(page, _MELANOMA)
    assert [chosen.get_attribute(f"aria-{name}") for name in ("level", "posinset", "setsize", "expanded")] == [
        "3",
        "7",
        "8",
        "true",
    ]
    expect(chosen).to_have_accessible_name("melanoma, malignant, 25 diseases")
    expect(page.get_by_role("tree")).to_have_accessible_name("Hierarchy of diseases")
    expect(chosen.locator(":scope > [role=group] > [role=treeitem]").first).to_have_attribute("aria-level", "4")
    assert desk.faults == []


def test_a_deep_link_opens_the_path_and_reload_back_and_a_new_tab_agree(desk: Desk):
    """Check 4."""
    page = desk.page()
    page.goto("/n/melanoma")
    expect_chosen(page, _MELANOMA)
    item(page, _MELANOMA).locator("a").nth(1).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("acral melanoma")
    expect_chosen(page, f"{_MELANOMA}/acral-melanoma")
    page.reload()
    expect_chosen(page, f"{_MELANOMA}/acral-melanoma")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("melanoma")
    expect_chosen(page, _MELANOMA)
    expect(page).to_have_title("melanoma · Skin-R1")
    page.go_forward()
    expect(page.get_by_role("heading", level=1)).to_have_text("acral melanoma")
    expect_chosen(page, f"{_MELANOMA}/acral-melanoma")
    tab = page.context.new_page()
    tab.goto(page.url)
    expect_chosen(tab, f"{_MELANOMA}/acral-melanoma")
    expect(tab.get_by_role("heading", level=1)).to_have_text("acral melanoma")
    assert desk.faults == []


def test_a_concept_with_two_parents_is_shown_where_it_was_reached(desk: Desk):
    """Check 4: the address names the parent, so reload and a new tab show the same place."""
    page = desk.page()
    page.goto("/n/skin-cancer")
    path = "t-neoplasm/skin-cancer/melanoma"
    item(page, path).locator(":scope > a").click()
    expect(page).to_have_url(desk.url + "/n/melanoma?under=skin-cancer")
    expect_chosen(page, path)
    page.reload()
    expect_chosen(page, path)
    expect(page.get_by_label("Where it stands")).to_contain_text("skin cancer")
    assert desk.faults == []


def test_a_click_keeps_the_tree_as_it_was(desk: Desk):
    page = desk.page()
    page.goto("/n/melanoma")
    nails = item(page, "t-nail-disorder")
    nails.locator(":scope > .twist").click()
    expect(nails).to_have_attribute("aria-expanded", "true")
    item(page, "t-hair-disorder").locator(":scope > a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("hair disorder")
    expect(nails).to_have_attribute("aria-expanded", "true")
    expect(item(page, _MELANOMA)).to_be_visible()
    assert desk.faults == []


def test_the_last_click_in_the_tree_is_what_is_shown(desk: Desk):
    """An answer that is late does not take the place of what was clicked after it."""
    page = desk.page()
    page.goto("/n/melanoma")
    page.route("**/n/hair-disorder", lambda route: None)  # never answered
    with page.expect_request("**/n/hair-disorder"):
        item(page, "t-hair-disorder").locator(":scope > a").click()
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/n/hair-disorder")):
        item(page, "t-nail-disorder").locator(":scope > a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("nail disorder")
    expect_chosen(page, "t-nail-disorder")
    expect(page).to_have_url(desk.url + "/n/nail-disorder")
    assert desk.faults == []


def test_more_groups_at_the_top_are_shown(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("kg_service.web.tree._SHOWN", 2)
    page = desk.page()
    page.goto("/")
    items = page.locator("#tree > [role=treeitem]")
    expect(items).to_have_count(3)  # with the one that offers more
    items.nth(2).focus()
    page.keyboard.press("Enter")
    expect(items).to_have_count(5)
    expect(items.nth(2)).to_be_focused()
    assert desk.faults == []


def test_more_of_a_branch_takes_the_focus_but_not_from_who_has_gone_on(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("kg_service.web.tree._SHOWN", 2)
    page = desk.page()
    page.goto("/n/neoplasm")
    items = item(page, "t-neoplasm").locator("> [role=group] > [role=treeitem]")
    expect(items).to_have_count(3)  # with the one that offers more
    items.nth(2).focus()
    page.keyboard.press("Enter")
    expect(items).to_have_count(5)
    expect(items.nth(2)).to_be_focused()

    held = Held(page, "**/tree?*")
    with page.expect_request("**/tree?*"):
        items.nth(4).locator("a").click()
    box = page.get_by_role("combobox", name="Search diseases")
    box.press_sequentially("bow")
    held.let_go()
    expect(items).to_have_count(7)
    page.keyboard.type("en")
    expect(box).to_have_value("bowen")
    expect(page.locator("#tree [tabindex='0'][role=treeitem]")).to_have_count(1)
    assert desk.faults == []


@pytest.mark.parametrize(
    ("typed", "found", "why"),
    [
        ("bowen", "Bowen disease", "also called “Bowen”"),
        ("nevus", "melanocytic nevus", "also called “naevus”"),
        ("tumor", "neoplasm", "also called “tumor of skin”"),
        ("BCC", "basal cell carcinoma", "also called “BCC”"),
        ("Sezary", "Sezary syndrome", ""),
        ("psorasis", "psoriasis", "spelt like “psoriasis”"),
    ],
)
def test_search_finds_and_says_which_label_matched(desk: Desk, typed: str, found: str, why: str):
    """Check 5."""
    page = desk.page()
    page.goto("/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Search diseases")).to_be_focused()
    page.keyboard.type(typed)
    first = page.get_by_role("option").first
    expect(first).to_contain_text(found)
    expect(first).to_contain_text(why)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(found)
    assert desk.faults == []


def test_enter_without_a_choice_shows_everything_found(desk: Desk):
    page = desk.page()
    page.goto("/")
    page.keyboard.press("Control+k")
    page.keyboard.type("scale")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("“scale”")
    expect(page.get_by_role("heading", name="features")).to_be_visible()
    assert desk.faults == []


@pytest.mark.parametrize(("concept", "drawn", "more"), [("melanoma", 16, 8), ("acral-melanoma", 0, 0)])
def test_the_drawing_and_the_table_hold_the_same_neighbours(desk: Desk, concept: str, drawn: int, more: int):
    """Check 13."""
    page = desk.page()
    page.goto(f"/n/{concept}")
    links = page.locator("svg.star a")
    rows = page.locator(".against tbody tr")
    number = links.count()
    assert number == rows.count()
    if drawn:
        assert number == drawn
    names = [links.nth(n).get_attribute("aria-label").partition(",")[0] for n in range(number)]
    assert names == [rows.nth(n).get_by_role("rowheader").inner_text().strip() for n in range(number)]
    if more:
        expect(page.locator(".reads")).to_contain_text(f"and {more} more")
        page.get_by_role("link", name=f"Show all {drawn + more}").click()
        expect(rows).to_have_count(drawn + more)
        links.first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(names[0])
    assert desk.faults == []


def test_an_editor_is_led_to_every_way_of_editing_and_a_visitor_to_none(desk: Desk):
    page = desk.page("ana")
    page.goto("/n/melanoma")
    page.get_by_text("More", exact=True).click()
    led = [link.get_attribute("href") for link in page.locator(".head .buttons a").all()]
    assert led == [f"/n/melanoma/{to}" for to in ("edit", "move")] + ["/new?under=melanoma"] + [
        f"/n/melanoma/{to}" for to in ("merge", "split", "retire")
    ]
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Retire")).to_be_hidden()
    visitor = desk.page()
    visitor.goto("/n/melanoma")
    expect(visitor.get_by_role("link", name="Edit", exact=True)).to_have_count(0)
    assert desk.faults == []


def test_a_concept_in_review_says_so_in_the_tree_and_on_its_page(own_desk: Desk):
    with own_desk.http("ana") as http:
        change = {"change": "set-labels", "concept": "melanoma", "alt": ["a new name"], "hidden": [], "ambiguous": []}
        made = http.post("/v1/proposals", json={"message": "a better name", "changes": [change]})
        assert made.status_code == 201, made.text
    page = own_desk.page("ana")
    page.goto("/n/melanoma")
    expect(item(page, _MELANOMA)).to_have_accessible_name("melanoma, malignant, 25 diseases, in review")
    page.get_by_role("link", name="proposal 1 in review").click()
    expect(page).to_have_url(own_desk.url + "/proposals/1")
    visitor = own_desk.page()
    visitor.goto("/n/melanoma")
    expect(visitor.get_by_text("in review")).to_have_count(0)


@pytest.mark.parametrize("path", ["/", "/n/bowen-disease", "/search?q=nevus"])
def test_nothing_scrolls_sideways_on_a_narrow_screen(desk: Desk, path: str):
    """Check 18."""
    page = desk.page(viewport={"width": 320, "height": 640})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    if path != "/search?q=nevus":
        expect(page.get_by_role("tree")).to_be_hidden()
        page.get_by_role("button", name="Hierarchy").click()
        expect(page.get_by_role("tree")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert desk.faults == []


def test_without_scripts_the_tree_is_plain_links(desk: Desk):
    page = desk.page(java_script_enabled=False)
    page.goto("/n/neoplasm")
    item(page, "t-neoplasm/melanocytic-neoplasm").locator(":scope > a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("melanocytic neoplasm")
    expect(item(page, _MELANOMA)).to_be_visible()
    assert desk.faults == []
