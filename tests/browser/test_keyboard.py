"""Check 16: from sign-in to a published release without a mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from .people import PASSWORD, Desk

# What is focused shows it: by an outline or a shadow of its own, somewhere on the screen and not under something else.
_SEEN = """() => {
    const each = document.activeElement, style = getComputedStyle(each), box = each.getBoundingClientRect();
    const marked = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== "none";
    const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    return { marked, inside, what: each.outerHTML.slice(0, 120) };
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

    def tab_to(self, wanted: Locator, *, back: bool = False, most: int = 120) -> None:
        """Tab on until something has the focus."""
        expect(wanted).to_be_attached()
        for _ in range(most):
            if wanted.evaluate("each => each === document.activeElement"):
                return
            self.press("Shift+Tab" if back else "Tab")
            self.expect_seen()
        pytest.fail(f"{most} times Tab do not lead to {wanted} on {self.page.url}")

    def expect_seen(self) -> None:
        seen = self.page.evaluate(_SEEN)
        if seen["what"].startswith("<body"):
            return  # the browser's own bar has the focus for one key
        assert seen["marked"], f"the focus is not seen on {self.page.url}: {seen['what']}"
        assert seen["inside"], f"the focus is off the screen on {self.page.url}: {seen['what']}"

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
        self.press("Control+k")
        self.expect_seen()
        self.type(text)
        option = self.page.get_by_role("option").filter(has_text=found).first
        expect(option).to_be_visible()
        for _ in range(12):
            self.press("ArrowDown")
            if option.get_attribute("aria-selected") == "true":
                break
        self.press("Enter")
        expect(self.heading(found)).to_be_visible()

    def pick(self, label: str, text: str, found: str) -> None:
        """Find something in a box of a form, and take it."""
        box = self.page.get_by_role("combobox", name=label)
        self.tab_to(box)
        self.type(text)
        option = self.page.get_by_role("option").filter(has_text=found).first
        expect(option).to_be_visible()
        for _ in range(12):
            self.press("ArrowDown")
            if option.get_attribute("aria-selected") == "true":
                break
        self.press("Enter")
        expect(box).to_have_value(found)


def test_the_whole_flow_needs_no_mouse(own_desk: Desk) -> None:
    """Check 16."""
    own_desk.session("ana", trusted=True)
    own_desk.session("bob", "reviewer")
    ana = Keys(own_desk.page())
    ana.sign_in("ana")
    ana.search("bowen", "Bowen disease")
