"""S4: two diagnoses side by side, their images, and what a model is taught of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kg_service.client import pull
from kg_service.core.comparison import comparison
from kg_service.core.knowledge import Knowledge
from kg_service.core.release import load_snapshot

from ..web.materials import PNG, write_run
from .people import Desk, desk_at

PAIR = "/compare/melanoma/seborrheic-keratosis"
# Many contrasts, long names, deep inheritance.
LONGEST = (
    "/compare/dermal-nevus/cystic-basal-cell-carcinoma",
    "/compare/oral-lichen-planus/oral-squamous-cell-carcinoma",
)


@pytest.fixture(scope="module")
def desk(browser: Browser, shipped_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with the images and trajectories of a run."""
    folder = tmp_path_factory.mktemp("compare")
    run = str(write_run(folder / "run"))
    with desk_at(browser, shipped_data, folder, cases=run, trajectories=run) as started:
        yield started


@pytest.fixture(scope="module")
def shipped(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Knowledge:
    """What the desk shows, as it publishes it."""
    return load_snapshot(pull(desk.url, cache=tmp_path_factory.mktemp("pulled")))


def matrix(page: Page) -> list[tuple[str, str, str]]:
    """Every row on the page: the feature and the word of either side."""
    found = []
    for row in page.locator("table.matrix tr[data-feature]").all():
        cells = row.locator("td .sign").all_text_contents()
        found.append((row.get_attribute("data-feature") or "", cells[0], cells[1]))
    return found


def test_swapping_gives_the_same_rows_in_the_same_order_with_the_sides_swapped(desk: Desk):
    """Check 12."""
    page = desk.page()
    page.goto(PAIR)
    before = matrix(page)
    assert len(before) > 60
    page.get_by_role("link", name="Swap sides").click()
    page.wait_for_url("**/compare/seborrheic-keratosis/melanoma")  # read to its end
    assert matrix(page) == [(feature, there, here) for feature, here, there in before]
    heads = page.locator("#contrasts thead th").all_text_contents()
    assert heads[1:3] == ["seborrheic keratosis", "melanoma"]
    assert desk.faults == []


def test_the_matrix_shows_what_the_core_compares(desk: Desk, shipped: Knowledge):
    page = desk.page()
    page.goto(PAIR)
    rows = comparison(shipped, "melanoma", "seborrheic-keratosis").rows

    def word(side) -> str:
        return side.polarity.value if side else "not stated"

    assert matrix(page) == [(row.feature, word(row.here), word(row.there)) for row in rows]
    veil = page.locator("tr[data-feature=blue-white-veil]")
    expect(veil).to_contain_text("inherited from benign keratosis")
    expect(veil.locator(".origin")).to_have_text("unreviewed")
    expect(page.locator(".verdict")).to_contain_text("strong differential")
    expect(page.locator(".verdict")).to_contain_text("D3X")
    expect(page.locator(".common")).to_contain_text("neoplasm level 1")


@pytest.mark.parametrize("path", [PAIR, *LONGEST])
def test_a_comparison_prints_on_one_page(desk: Desk, path: str):
    page = desk.page()
    page.goto(path)
    printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


def test_two_that_are_no_differentials_are_compared_all_the_same(desk: Desk):
    page = desk.page("ana")
    page.goto("/compare/melanoma/psoriasis")
    expect(page.locator(".note")).to_contain_text("not listed as differentials")
    expect(page.get_by_role("link", name="List them as differentials")).to_have_attribute(
        "href", "/ddx/melanoma/psoriasis/edit"
    )
    assert matrix(page)
    page.goto("/compare/melanoma/nodular-melanoma")
    expect(page.locator(".note")).to_contain_text("one of them is a kind of the other")
    expect(page.get_by_role("link", name="List them as differentials")).to_have_count(0)


def test_a_reader_is_offered_no_edit(desk: Desk):
    page = desk.page()
    page.goto(PAIR)
    expect(page.get_by_role("link", name="Edit this differential")).to_have_count(0)


def test_two_are_picked_by_keyboard(desk: Desk):
    page = desk.page()
    page.goto("/compare")
    for box, text in (("a", "melanoma"), ("b", "seborrheic keratosis")):
        page.locator(f"#pick-{box}").press_sequentially(text)
        expect(page.locator(f"#list-{box} [role=option]").first).to_have_attribute("data-label", text)
        page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(PAIR))
    assert desk.faults == []


def test_a_disease_alone_offers_what_it_is_taken_for(desk: Desk):
    page = desk.page()
    page.goto("/compare?a=melanoma")
    page.get_by_role("link", name="seborrheic keratosis", exact=True).click()
    expect(page).to_have_url(re.compile(PAIR))


def test_images_of_both_stand_side_by_side(desk: Desk):
    page = desk.page()
    page.goto(PAIR)
    images = page.locator(".images img")
    expect(images).to_have_count(6)
    for image in images.all():  # they load as they come into sight
        image.scroll_into_view_if_needed()
        expect(image).to_have_js_property("complete", True)
        expect(image).to_have_js_property("naturalWidth", 1)
    assert desk.faults == []


def test_what_a_model_is_taught_is_shown_with_its_facts_marked(desk: Desk):
    page = desk.page()
    page.goto(PAIR)
    expect(page.locator(".taught mark.feature").first).to_have_text("asymmetry")
    page.get_by_role("link", name="Read all 3 examples with their images").click()
    expect(page.locator("article.told")).to_have_count(3)
    expect(page.locator("article.told").first.locator("pre")).to_contain_text("<diagnosis>melanoma</diagnosis>")
    page.get_by_role("link", name="Revised from a first impression 1").click()
    expect(page.locator("article.told")).to_have_count(1)
    page.goto("/compare/melanoma/psoriasis/trajectories")
    expect(page.locator(".empty")).to_contain_text("No training example")
    assert desk.faults == []


def test_an_image_is_given_to_those_who_may_read_and_nothing_but_what_is_listed(desk: Desk):
    http = desk.http()
    answer = http.get("/cases/drawn/melanoma-1")
    assert answer.content == PNG
    assert answer.headers["content-type"] == "image/png"
    assert "max-age" in answer.headers["cache-control"]
    for path in ("drawn/none", "drawn/..%2F..%2Fcases.jsonl", "drawn/%2Fetc%2Fpasswd", "..%2F/cases.jsonl"):
        assert http.get(f"/cases/{path}").status_code == 404, path


def test_who_compares_what_is_not_there_is_told_so(desk: Desk):
    http = desk.http()
    assert http.get("/compare/melanoma/nobody").status_code == 404
    assert "choose two different" in http.get("/compare/melanoma/melanoma").text.lower()
