"""Every screen as people meet it: no request leaves, nothing bars anybody, nothing is cut off, no id is read."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, ViewportSize, expect

from kg_service.core.knowledge import Knowledge
from kg_service.core.release import load_snapshot
from kg_service.editorial import repository
from kg_service.editorial.database import Database
from kg_service.settings import Settings

from ..live import ROOT
from ..patience import PATIENCE
from .people import Desk, desk_at
from .pictures import PICTURES
from .screens import ROLES, SCREENS, Screen
from .story import Story, tell
from .widths import too_wide

SIZES: dict[str, ViewportSize] = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}

_AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
_HYPHENED = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+")
# What is read: the text that is shown, the title, and the names that a screen reader says.
_READ = """() => [document.title, document.body.innerText,
    ...[...document.querySelectorAll("[aria-label], [title], [alt], [placeholder]")].flatMap((each) =>
        ["aria-label", "title", "alt", "placeholder"].map((name) => each.getAttribute(name) ?? ""))].join("\\n")"""
_HEADINGS = """() => [...document.querySelectorAll("main h1, main h2, main h3, main h4, main h5")]
    .filter((each) => each.checkVisibility()).map((each) => Number(each.tagName[1]))"""


def _cases(folder: Path, snapshot: Path) -> Path:
    """A run folder with cases and trajectories: real images where they are at hand, else drawn ones."""
    shared = Path(os.environ.get("SKIN_R1_SHARED", ROOT.parent / "shared" / "data")) / "ham10000-112px"
    config = "ham10000.toml" if shared.is_dir() else "phantom-ci.toml"
    given = ["--set", f"knowledge.path={snapshot}", "--run-dir", str(folder)]
    if shared.is_dir():
        given += ["--set", f"source.folder={shared}"]
    for verb in ("cases", "generate"):
        command = [sys.executable, "-m", "synth", verb, str(ROOT / "synth" / "configs" / config), *given]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=PATIENCE)
    return folder


@pytest.fixture(scope="module")
def snapshot(shipped_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = Database(Settings(data=shipped_data).url)
    path = tmp_path_factory.mktemp("knowledge") / "snapshot.json"
    with database.reading() as session:
        path.write_bytes(repository.snapshot(session, "1"))
    database.close()
    return path


@pytest.fixture(scope="module")
def names(snapshot: Path) -> Knowledge:
    return load_snapshot(snapshot.read_bytes())


@pytest.fixture(scope="module")
def desk(
    browser: Browser, shipped_data: Path, snapshot: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("story")
    run = str(_cases(folder / "run", snapshot))
    with desk_at(browser, shipped_data, folder, cases=run, trajectories=run) as started:
        yield started


@pytest.fixture(scope="module")
def story(desk: Desk) -> Story:
    PICTURES.mkdir(parents=True, exist_ok=True)
    return tell(desk)


@pytest.fixture(scope="module")
def pages(desk: Desk) -> dict[tuple[str, str], Page]:
    """One browser for each person and size; all screens are looked at in it."""
    return {}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_a_screen_bars_nobody(
    screen: Screen, size: str, desk: Desk, story: Story, pages: dict[tuple[str, str], Page], names: Knowledge
) -> None:
    """Checks 1, 2 and 18."""
    page = pages.get((screen.who, size))
    if page is None:
        page = pages[screen.who, size] = desk.page(screen.who, ROLES[screen.who])
    page.set_viewport_size(SIZES[size])
    page.emulate_media(color_scheme="light")
    desk.faults.clear()
    answer = page.goto(screen.url(story))
    assert answer is not None
    assert answer.status == screen.status
    expect(page.locator(screen.ready).first).to_be_visible(timeout=60_000)
    expect(page.locator(".htmx-request, [hx-trigger='load']")).to_have_count(0)
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        _picture(page, f"{screen.name}-{theme}-{size}.png")
        if screen.ours and (size == "desktop" or theme == "light"):
            found += [f"{theme}: {violation}" for violation in _violations(page)]
    if screen.ours:
        found += _wording(page, names) + _headings(page)
    if size == "phone" and screen.ours:
        # 640 px is what a window of 1280 px has left at 200 %.
        for width in (320, 640):
            page.set_viewport_size({"width": width, "height": 800})
            if wide := too_wide(page):
                found.append(f"at {width} px: {wide}")
    provoked = f"status of {screen.status}"
    found += [fault for fault in desk.faults if screen.status == 200 or provoked not in fault]
    assert not found, "\n".join(dict.fromkeys(found))


def _picture(page: Page, name: str) -> None:
    try:
        page.screenshot(path=PICTURES / name, full_page=True, animations="disabled")
    except Error:  # on a busy machine Chromium may not draw at once
        page.screenshot(path=PICTURES / name, full_page=True, animations="disabled")


def _violations(page: Page) -> list[str]:
    return [
        f"{each['id']}: {' '.join(map(str, node['target']))}: {node['html'][:200]} {node.get('failureSummary', '')}"
        for each in Axe().run(page, options=_AXE).response["violations"]
        for node in each["nodes"][:3]
    ]


def _wording(page: Page, names: Knowledge) -> list[str]:
    """IRIs, and ids where a name exists, that somebody reads on the page."""
    read = page.evaluate(_READ)
    labels = {word for each in names.concepts.values() for word in _HYPHENED.findall(each.pref_label)}
    labels |= {word for each in names.features.values() for word in _HYPHENED.findall(each.pref_label)}
    ids = (names.concepts.keys() | names.features.keys()) - labels
    found = [f"an id is read: {word}" for word in dict.fromkeys(_HYPHENED.findall(read)) if word in ids]
    return found + (["an IRI is read"] if "w3id.org" in read else [])


def _headings(page: Page) -> list[str]:
    levels = page.evaluate(_HEADINGS)
    found = [] if levels.count(1) == 1 else [f"{levels.count(1)} headings of the first level"]
    skipped = [f"h{a} is followed by h{b}" for a, b in pairwise(levels) if b > a + 1]
    return found + skipped + ([] if levels[:1] == [1] else ["the first heading is not h1"])


def test_the_tree_is_a_tree_to_a_screen_reader(desk: Desk, story: Story) -> None:
    """Check 2: a widget without any tree role has no violation, so its roles are asserted."""
    page = desk.page("ana")
    page.goto("/n/superficial-basal-cell-carcinoma")
    tree = page.get_by_role("tree")
    expect(tree).to_have_count(1)
    items = tree.locator("li[role=treeitem]")
    assert items.count() >= 4 + 20
    assert tree.locator("[tabindex='0']").count() == 1
    assert tree.locator("[role=group]").count() >= 3
    for name in ("aria-level", "aria-setsize", "aria-posinset"):
        said = items.evaluate_all("(found, name) => found.map(each => each.getAttribute(name))", name)
        assert all(value and value.isdecimal() for value in said), name
    selected = tree.locator("[aria-selected='true']")
    expect(selected).to_have_count(1)
    expect(selected).to_contain_text("superficial basal cell carcinoma")
    open_items = tree.locator("[aria-expanded='true']")
    assert [open_items.nth(n).get_attribute("aria-level") for n in range(open_items.count())] == ["1", "2", "3"]
