"""Whether a page is wider than its window, and what makes it so."""

from __future__ import annotations

from playwright.sync_api import Page

_TOO_WIDE = """() => {
    const page = document.scrollingElement, over = page.scrollWidth - page.clientWidth;
    if (over <= 0) return "";
    const wide = [...document.body.querySelectorAll("*")].filter((each) =>
        each.getBoundingClientRect().right > page.clientWidth + 1 && !each.closest(".scroll > *, .hidden"));
    const told = (each) => `${each.tagName}.${each.getAttribute("class")} ${each.textContent.trim().slice(0, 40)}`;
    return `${over} px too wide: ${wide.slice(0, 4).map(told).join(" | ")}`;
}"""


def too_wide(page: Page) -> str:
    """What sticks out at the right of the window; empty where nothing does."""
    return page.evaluate(_TOO_WIDE)
