"""Check 19: whatever a name says, it is text: in the tree, search, drawings, titles, forms, proposals, files, print."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from .people import Desk
from .widths import too_wide

IMAGE = "<img src=x onerror=alert(1)>"
SCRIPT = '"><script>alert(1)</script>'
TEMPLATE = "{{7*7}} ${7*7} {% raw %}"
TURNED = "nevus \u202egnitsixe ton"
LONG = "pneumonoultramicroscopic" * 18
ATTRIBUTE = "' autofocus onfocus='alert(1)"
FORMULAS = ('=HYPERLINK("http://x.invalid","open")', "+1+1", "-2+3", "@SUM(A1:A9)", "=1+1")
SIGN = "<svg onload=alert(1)>"
ID, TWIN, SIGN_ID = "hostile", "hostile-twin", "hostile-sign"

# What hostile text would have made, had it been taken for markup.
_MARKUP = "img[src='x'], [onerror], [onload], [onfocus], body script, main svg[onload]"


@pytest.fixture(scope="module")
def proposal(desk: Desk) -> int:
    """Accepts hostile knowledge, and gives the number of an open proposal that is hostile as well."""
    concept = {
        "change": "put-concept",
        "concept": {
            "id": ID,
            "prefLabel": IMAGE,
            "parents": ["melanocytic-nevus"],
            "condition": "benign",
            "altLabels": [SCRIPT, TEMPLATE, TURNED, LONG, ATTRIBUTE, *FORMULAS],
            "definition": f"{SCRIPT} {IMAGE} {TEMPLATE}",
            "source": IMAGE,
            "profile": {SIGN_ID: "characteristic"},
        },
    }
    twin = {
        "change": "put-concept",
        "concept": {
            "id": TWIN,
            "prefLabel": f"{SCRIPT} twin",
            "parents": [ID],
            "condition": "benign",
            "definition": LONG,
            "profile": {SIGN_ID: "absent"},
        },
    }
    sign = {"change": "put-feature", "feature": {"id": SIGN_ID, "prefLabel": SIGN, "kind": "color", "source": IMAGE}}
    uncle = {
        "change": "put-concept",
        "concept": {
            "id": "hostile-other",
            "prefLabel": LONG + " other",
            "parents": ["melanocytic-nevus"],
            "condition": "malignant",
            "profile": {SIGN_ID: "absent"},
        },
    }
    edge = {
        "change": "put-differential",
        "differential": {"a": ID, "b": "hostile-other", "strength": "strong", "features": [SIGN_ID], "source": SCRIPT},
    }
    moved = {"change": "move", "concept": ID, "parents": ["melanocytic-neoplasm"]}
    with desk.http("ana") as ana, desk.http("bob", "reviewer") as bob:
        first = {"changes": [sign, concept, twin, uncle, edge], "message": IMAGE}
        number = ana.post("/v1/proposals", json=first).raise_for_status().json()["number"]
        ana.post(f"/v1/proposals/{number}/comments", json={"text": SCRIPT}).raise_for_status()
        accept = {"verdict": "accept", "reason": IMAGE}
        bob.post(f"/v1/proposals/{number}/review", json=accept).raise_for_status()
        items = [
            {"dataset": IMAGE, "label": label, "images": 7, "reason": SCRIPT}
            for label in (f"{IMAGE} lesion", f"{SCRIPT} nevus", f"{TEMPLATE} mole", f"{LONG} x", "=1+2")
        ]
        bob.post("/v1/unmapped", json={"job": SCRIPT, "items": items}).raise_for_status()
        bob.put(f"/v1/datasets/{'clinic'}/labels", json={"labels": {IMAGE: 12, SCRIPT: 3}}).raise_for_status()
        second = {"changes": [moved], "message": f"{SCRIPT} {LONG}"}
        return ana.post("/v1/proposals", json=second).raise_for_status().json()["number"]


@pytest.fixture(scope="module")
def page(desk: Desk, proposal: int) -> Page:
    page = desk.page("bob", "reviewer")
    page.on("dialog", lambda dialog: desk.faults.append(f"{page.url}: a dialog says {dialog.message}"))
    return page


def expect_text_alone(desk: Desk, page: Page, *said: str) -> None:
    """These texts are read on the page, and nothing has become of them but text."""
    expect(page.locator(".htmx-request, [hx-trigger='load']")).to_have_count(0)
    shown = " ".join(page.locator("body").inner_text().split())
    fields = page.locator("input, textarea").evaluate_all("found => found.map(each => each.value)")
    for text in said:
        assert " ".join(text.split()) in " ".join((shown, *fields)), f"{text!r} is not shown at {page.url}"
    assert page.locator(_MARKUP).count() == 0
    assert not re.search(r"\b49\b.{0,3}\$", shown)
    assert desk.faults == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"/n/{ID}", (IMAGE, SCRIPT, TEMPLATE, TURNED, LONG, ATTRIBUTE, SIGN, *FORMULAS)),
        ("/n/hostile-other", (LONG, IMAGE, SIGN)),
        (f"/n/{TWIN}", (SCRIPT, IMAGE)),
        ("/n/melanocytic-nevus", (IMAGE, LONG)),
        (f"/search?q={IMAGE}", (IMAGE,)),
        (f"/n/{ID}/edit", (IMAGE, SCRIPT, TEMPLATE, TURNED, LONG, ATTRIBUTE)),
        (f"/n/{ID}/move", (IMAGE,)),
        (f"/n/{ID}/merge", (IMAGE,)),
        (f"/n/{ID}/split", (IMAGE,)),
        (f"/n/{ID}/retire", (IMAGE,)),
        (f"/new?under={ID}", (IMAGE,)),
        (f"/compare/{ID}/hostile-other", (IMAGE, LONG, SIGN, SCRIPT)),
        (f"/ddx/{ID}/hostile-other/edit", (IMAGE, LONG, SIGN, SCRIPT)),
        (f"/f/{SIGN_ID}", (SIGN, IMAGE)),
        (f"/f/{SIGN_ID}/edit", (SIGN, IMAGE)),
        ("/features", (SIGN,)),
        ("/review?tab=open", (SCRIPT, LONG)),
        ("/proposals/1", (IMAGE, SCRIPT, SIGN)),
        ("/proposals/{proposal}", (SCRIPT, LONG, IMAGE)),
        ("/history", (IMAGE,)),
        (f"/history?concept={ID}", (IMAGE,)),
        ("/changes/2", (IMAGE, SIGN)),
        ("/releases/draft", (IMAGE, SIGN)),
        ("/inbox", (IMAGE, SCRIPT, TEMPLATE, LONG, "=1+2")),
        ("/checks", ()),
        (f"/reward?reply={IMAGE}&gold={ID}", ()),
        (f"/n/{SCRIPT}", ()),
    ],
    ids=lambda value: re.sub(r"\W+", "-", value) if isinstance(value, str) else "",
)
def test_a_hostile_text_stays_text(path: str, said: tuple[str, ...], desk: Desk, page: Page, proposal: int) -> None:
    desk.faults.clear()
    answer = page.goto(path.replace("{proposal}", str(proposal)))
    assert answer is not None
    if answer.status in (404, 422):
        desk.faults = [fault for fault in desk.faults if f"status of {answer.status}" not in fault]
        assert not said, f"{answer.status} at {path}"
    expect_text_alone(desk, page, *said)


def test_a_hostile_name_is_the_title_and_a_link_in_the_drawing(desk: Desk, page: Page) -> None:
    desk.faults.clear()
    page.goto("/n/hostile-other")
    expect(page).to_have_title(re.compile(re.escape(LONG)))
    drawn = page.locator("main svg a")
    expect(drawn).to_have_count(1)
    assert IMAGE in (drawn.get_attribute("aria-label") or drawn.text_content() or "")
    drawn.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(IMAGE)
    expect(page).to_have_title(re.compile(re.escape(IMAGE)))
    expect_text_alone(desk, page)


def test_a_hostile_name_is_text_in_what_a_search_offers(desk: Desk, page: Page) -> None:
    desk.faults.clear()
    page.goto("/help")
    page.get_by_role("combobox", name="Search diseases").press_sequentially("<img src=x")
    expect(page.get_by_role("option").filter(has_text=IMAGE).first).to_be_visible()
    expect_text_alone(desk, page)


def test_a_hostile_name_is_text_on_paper(desk: Desk, page: Page) -> None:
    desk.faults.clear()
    page.goto(f"/compare/{ID}/hostile-other")
    page.emulate_media(media="print")
    expect_text_alone(desk, page, IMAGE, SIGN)
    assert page.pdf().startswith(b"%PDF")
    page.emulate_media(media="screen")


def test_no_name_becomes_a_formula_in_a_workbook(desk: Desk, proposal: int) -> None:
    with desk.http("ana") as http:
        payload = http.get("/v1/export", params={"format": "xlsx", "release": "draft", "under": ID}).content
    cells = [cell for sheet in openpyxl.load_workbook(io.BytesIO(payload)) for row in sheet for cell in row]
    said = [(cell.data_type, cell.value) for cell in cells if isinstance(cell.value, str)]
    assert {kind for kind, _ in said} <= {"s", "inlineStr"}
    for text in (IMAGE, SCRIPT, *FORMULAS):
        assert any(text in value for _, value in said), text


def test_no_name_is_wider_than_a_phone(desk: Desk, page: Page) -> None:
    desk.faults.clear()
    page.set_viewport_size({"width": 320, "height": 700})
    found = []
    for path in (
        f"/n/{ID}",
        "/n/hostile-other",
        f"/n/{ID}/edit",
        f"/compare/{ID}/hostile-other",
        "/proposals/1",
        "/inbox",
        "/history",
    ):
        page.goto(path)
        expect(page.locator(".htmx-request, [hx-trigger='load']")).to_have_count(0)
        if wide := too_wide(page):
            found.append(f"{path}: {wide}")
    page.set_viewport_size({"width": 1280, "height": 900})
    assert not found, "\n".join(found)
