"""Check 16: from sign-in to a published release without a mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import ElementHandle, Locator, Page, expect

from .people import PASSWORD, Desk

# What is focused shows it: by an outline or a shadow of its own, somewhere on the screen and not under something else.
_SEEN = """(wanted) => {
    const each = document.activeElement, style = getComputedStyle(each), box = each.getBoundingClientRect();
    const marked = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
    const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    return { reached: each === wanted, marked, inside, what: each.outerHTML.slice(0, 120) };
}"""


class Keys:
    """Somebody who has no mouse: every step is a key, and where the focus is must be seen before each."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def tab_to(self, wanted: Locator, *, back: bool = False, most: int = 250) -> None:
        """Tab on until something has the focus."""
        handle = wanted.element_handle()
        self.page.wait_for_load_state()  # keys before the scripts are there would go unheard
        if self.expect_seen(handle):
            return
        for _ in range(most):
            self.press("Shift+Tab" if back else "Tab")
            if self.expect_seen(handle):
                return
        pytest.fail(f"{most} times Tab do not lead to {wanted} on {self.page.url}")

    def expect_seen(self, wanted: ElementHandle | None = None) -> bool:
        """Whether what has the focus is this; wherever it is, it must be seen."""
        seen = self.page.evaluate(_SEEN, wanted)
        # The page as a whole has it after loading, and for one key the browser's own bar. A heading that was jumped to
        # is what the eye is on already.
        if not seen["what"].startswith(("<body", "<h1", "<main")):
            assert seen["marked"], f"the focus is not seen on {self.page.url}: {seen['what']}"
            assert seen["inside"], f"the focus is off the screen on {self.page.url}: {seen['what']}"
        return seen["reached"]

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        return self.page.locator("main").get_by_role("link", name=name, exact=True)

    def heading(self, name: str) -> Locator:
        return self.page.get_by_role("heading", level=1, name=name)

    def sign_in(self, name: str) -> None:
        self.page.goto("/sign-in")
        self.tab_to(self.page.get_by_label("Name"))
        self.type(name)
        self.press("Tab")
        self.expect_seen()
        self.type(PASSWORD)
        self.press("Enter")
        expect(self.page.locator(".me")).to_contain_text(name)

    def search(self, text: str, found: str) -> None:
        """Find a disease in the box on top, and go to it."""
        self.page.wait_for_load_state()
        self.press("Control+k")
        self.expect_seen()
        self.type(text)
        self.take(found)
        expect(self.heading(found)).to_be_visible()

    def take(self, found: str) -> None:
        """Go down to what a box offers, and take it."""
        option = self.page.get_by_role("option").filter(has_text=found).first
        expect(option).to_be_visible()
        for _ in range(12):
            self.press("ArrowDown")
            if option.get_attribute("aria-selected") == "true":
                break
        self.press("Enter")

    def pick(self, label: str, text: str, found: str) -> None:
        """Find something in a box of a form, and take it."""
        self.tab_to(self.page.get_by_role("combobox", name=label))
        self.type(text)
        self.take(found)


def test_the_whole_flow_needs_no_mouse(own_desk: Desk) -> None:
    """Check 16."""
    own_desk.session("ana", trusted=True)
    own_desk.session("bob", "reviewer")
    ana = Keys(own_desk.page())
    ana.sign_in("ana")
    ana.search("bowen", "Bowen disease")
    _read_by_the_tree(ana)
    _add_a_synonym(ana)
    proposal = _propose_a_move(ana)
    bob = Keys(own_desk.page())
    bob.sign_in("bob")
    _accept(bob, proposal)
    _publish(bob)
    with own_desk.http() as passer_by:
        found = passer_by.get("/v1/concepts/pigmented-bowen-disease").json()
        assert found["parents"] == ["bowen-disease", "pigmentary-disorder"]
        resolved = passer_by.post("/v1/resolve", json={"labels": ["Bowen of the skin"]}).json()["results"]
        assert resolved[0]["concepts"] == ["bowen-disease"]
    assert own_desk.faults == []


def _read_by_the_tree(ana: Keys) -> None:
    item = ana.page.locator("[role=treeitem][aria-selected='true']")
    ana.tab_to(item)
    ana.press("ArrowDown")
    ana.expect_seen()
    ana.press("Enter")
    below = ana.heading("pigmented Bowen disease")
    expect(below).to_be_focused()
    ana.press("Shift+Tab")
    expect(item).to_be_focused()
    expect(item).to_contain_text("pigmented Bowen disease")
    ana.press("ArrowLeft", "Enter")
    expect(ana.heading("Bowen disease")).to_be_focused()


def _add_a_synonym(ana: Keys) -> None:
    ana.tab_to(ana.link("Edit"))
    ana.press("Enter")
    ana.tab_to(ana.page.get_by_label("Synonyms"))
    ana.press("Control+End", "Enter")
    ana.type("Bowen of the skin")
    expect(ana.page.locator("#preview")).to_contain_text("Bowen of the skin")
    ana.tab_to(ana.page.get_by_label("Why"))
    ana.type("Patients say so.")
    ana.press("Enter")
    expect(ana.page.get_by_role("status")).to_contain_text("Saved as change")
    expect(ana.page.locator("main")).to_contain_text("Bowen of the skin")


def _propose_a_move(ana: Keys) -> str:
    ana.search("pigmented bowen", "pigmented Bowen disease")
    ana.tab_to(ana.link("Move"))
    ana.press("Enter")
    ana.pick("Find a group", "pigmentary dis", "pigmentary disorder")
    expect(ana.page.locator("#chosen-parent")).to_contain_text("pigmentary disorder")
    expect(ana.page.locator("#preview")).to_contain_text("pigmentary disorder")
    ana.tab_to(ana.page.get_by_label("Why"))
    ana.type("It is brown.")
    ana.tab_to(ana.button("Propose the move"))
    ana.press("Enter")
    expect(ana.page.get_by_role("status")).to_contain_text("waits for another person")
    return ana.page.get_by_role("heading", level=1).inner_text()


def _accept(bob: Keys, proposal: str) -> None:
    bob.tab_to(bob.page.get_by_role("navigation", name="Rooms").get_by_role("link", name="Review"))
    bob.press("Enter")
    bob.tab_to(bob.link("In review 1"))
    bob.press("Enter")
    bob.tab_to(bob.link(proposal))
    bob.press("Enter")
    expect(bob.heading(proposal)).to_be_visible()
    expect(bob.page.locator("#outcome h2").first).to_be_visible()  # it comes later and moves what stands below
    bob.tab_to(bob.button("Accept the proposal"))
    bob.press("Enter")
    expect(bob.page.get_by_role("status")).to_contain_text("ccepted")


def _publish(bob: Keys) -> None:
    bob.tab_to(bob.page.get_by_role("link", name="Ready for release"))
    bob.press("Enter")
    bob.tab_to(bob.link("Read the notes and publish"))
    bob.press("Enter")
    bob.tab_to(bob.page.get_by_label("Name"))
    bob.type("2026.3")
    bob.tab_to(bob.button("Publish the release"))
    bob.press("Space")
    expect(bob.page.get_by_role("status")).to_contain_text("2026.3", timeout=180_000)
