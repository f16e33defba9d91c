"""What the desk costs with 10,000 concepts. Bytes, requests and elements are held to the goal, times to five times it.

The measured figures are printed, and kept beside the pictures of the screens.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from kg_service.core.concept import Concept, Condition
from kg_service.core.content import Content

from ..synthetic import stored, synthetic
from .people import Desk, desk_at
from .pictures import PICTURES

# The numbers of the goal; times in milliseconds.
BYTES, REQUESTS, ELEMENTS = 60_000, 6, 1_500
PAINTED, SEARCHED, BRANCHED, PREVIEWED = 100, 30, 100, 300
SLACK = 5

_WIDE = "wide"
# Two thirds of all lie beneath it.
_LARGEST = "c1"
# Resolves with the time from the next key or click to the first picture in which a condition holds.
_UNTIL = """([event, held]) => ({ spent: new Promise((resolve) => {
    let start = 0;
    addEventListener(event, (each) => { start ||= each.timeStamp; }, { capture: true, once: true });
    const looking = new MutationObserver(() => {
        const [selector, text] = held;
        const found = document.querySelectorAll(selector);
        if (typeof text === "number" ? found.length < text : found[0]?.textContent.trim() !== text) return;
        looking.disconnect();
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
    });
    looking.observe(document, { childList: true, subtree: true, characterData: true, attributes: true });
}) })"""


def _with_a_wide_branch(content: Content) -> Content:
    members = [
        Concept(f"w{n}", f"member number {n:03}", (_WIDE,), Condition.BENIGN, (f"wide {n}",)) for n in range(200)
    ]
    more = [Concept(_WIDE, "wide group", ("c0",)), *members]
    return replace(content, concepts={**content.concepts, **{each.id: each for each in more}})


@pytest.fixture(scope="module")
def desk(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with 10,200 concepts, 200 of them side by side."""
    folder = tmp_path_factory.mktemp("large")
    stored(folder / "stored", _with_a_wide_branch(synthetic(10_000)), now=datetime.now(UTC))
    with desk_at(browser, folder / "stored", folder) as started:
        yield started


@pytest.fixture(scope="module")
def measured() -> Iterator[dict[str, Any]]:
    found: dict[str, Any] = {}
    yield found
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / "budgets.json").write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))


def timed(page: Page, do: Callable[[], object], event: str, selector: str, held: str | int) -> float:
    """Milliseconds from a key or click to the picture in which an element says, or so many elements are, this."""
    waiting = page.evaluate_handle(_UNTIL, [event, [selector, held]])
    do()
    return waiting.evaluate("waiting => waiting.spent")


@pytest.mark.parametrize(
    ("name", "path"), [("first page", "/"), ("a disease", "/n/c9999"), ("a wide group", f"/n/{_WIDE}")]
)
def test_a_page_is_light(name: str, path: str, desk: Desk, measured: dict[str, Any]) -> None:
    """Check 17: bytes over the wire, requests, elements."""
    page = desk.page()
    requests = []
    page.on("requestfinished", lambda request: requests.append(request))
    page.goto(path)
    expect(page.locator(".htmx-request")).to_have_count(0)
    sizes = [request.sizes() for request in requests]
    found = {
        "bytes": sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes),
        "requests": len(requests),
        "elements": page.locator("*").count(),
    }
    measured[name] = found
    assert found["bytes"] <= BYTES
    assert found["requests"] <= REQUESTS
    assert found["elements"] <= ELEMENTS
    assert desk.faults == []


def test_a_click_or_a_key_is_answered_at_once(desk: Desk, measured: dict[str, Any]) -> None:
    """Check 17: from click and key to the painted concept."""
    page = desk.page()
    page.goto(f"/n/{_WIDE}")
    members = page.locator("[role=treeitem][id^='t-c0/wide/']")
    expect(members).to_have_count(200)
    clicks, keys = [], []
    for n in range(0, 16, 2):
        link, below = (members.nth(at).locator(":scope > a") for at in (n, n + 1))
        clicks.append(timed(page, link.click, "click", "main h1", link.locator("span").inner_text()))
        page.locator("[role=treeitem][tabindex='0']").focus()
        page.keyboard.press("ArrowDown")
        name = below.locator("span").inner_text()
        keys.append(timed(page, lambda: page.keyboard.press("Enter"), "keydown", "main h1", name))
    measured["click to painted, ms"] = round(statistics.median(clicks), 1)
    measured["key to painted, ms"] = round(statistics.median(keys), 1)
    assert statistics.median(clicks) <= PAINTED * SLACK
    assert statistics.median(keys) <= PAINTED * SLACK
    assert desk.faults == []


def test_a_branch_of_two_hundred_opens_at_once(desk: Desk, measured: dict[str, Any]) -> None:
    """Check 17."""
    page = desk.page()
    members = "[role=treeitem][id^='t-c0/wide/']"
    spent = []
    for _ in range(5):
        page.goto("/n/c0")
        page.locator("[role=treeitem][id='t-c0/wide']").focus()
        spent.append(timed(page, lambda: page.keyboard.press("ArrowRight"), "keydown", members, 200))
    measured["a branch of 200, ms"] = round(statistics.median(spent), 1)
    assert min(spent) <= BRANCHED * SLACK  # the slower ones tell how busy the machine is
    assert desk.faults == []


def test_a_search_is_answered_at_once(desk: Desk, measured: dict[str, Any]) -> None:
    """Check 17: words, beginnings of words, numbers, and misspelt words, as the server answers them."""
    asked = [f"{word}{n}" for n in range(100, 160) for word in ("disease number ", "synonym ", "D", "desease nubmer ")]
    spent = []
    with desk.http() as http:
        http.get("/search/go", params={"q": "disease"})
        for text in asked:
            start = time.perf_counter()
            assert http.get("/search/go", params={"q": text}).status_code == 200
            spent.append((time.perf_counter() - start) * 1_000)
    slow = statistics.quantiles(spent, n=20)[-1]
    measured["search, median, ms"] = round(statistics.median(spent), 1)
    measured["search, 95th percentile, ms"] = round(slow, 1)
    assert slow <= SEARCHED * SLACK


def test_the_largest_subtree_is_previewed_at_once(desk: Desk, measured: dict[str, Any]) -> None:
    """Check 17: a move of the largest branch that can move, as the form's panel shows it."""
    spent = []
    with desk.http("ana") as http:
        for _ in range(5):
            start = time.perf_counter()
            answer = http.post(f"/n/{_LARGEST}/move/preview", data={"base": "1", "parent": _WIDE})
            spent.append((time.perf_counter() - start) * 1_000)
            assert answer.status_code == 200, answer.text
            assert "wide group" in answer.text
    measured["preview of the largest subtree, ms"] = round(statistics.median(spent), 1)
    measured["the fastest preview, ms"] = round(min(spent), 1)
    assert min(spent) <= PREVIEWED * SLACK  # the slower ones tell how busy the machine is
