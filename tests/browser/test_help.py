"""Help on one page, and the documentation of the interface for programs."""

from __future__ import annotations

from playwright.sync_api import expect

from .people import Desk


def test_help_fits_on_one_screen_and_one_sheet_of_paper(desk: Desk):
    page = desk.page("ada", "admin", viewport={"width": 1280, "height": 800})
    page.goto("/help")
    assert page.evaluate("document.documentElement.scrollHeight") <= 800
    paper = page.pdf(format="A4")
    assert paper.count(b"/Type /Page\n") == 1
    assert desk.faults == []


def test_help_and_the_dialog_list_the_same_keys(desk: Desk):
    page = desk.page()
    page.goto("/help")
    keys = page.locator("main .keys").inner_text()
    page.get_by_role("heading", level=1).press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert dialog.locator(".keys").inner_text().split() == keys.split()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    assert desk.faults == []


def test_the_interface_is_documented_and_tried_out_without_leaving_the_service(desk: Desk):
    """Check 1."""
    page = desk.page("ines", "reader")
    page.goto("/docs")
    expect(page.get_by_role("heading", level=1)).to_have_text("Interface for programs")
    expect(page.locator("#operations-tag-session")).to_be_visible(timeout=60_000)  # a large script
    page.locator("#operations-tag-session button").click()
    page.locator("#operations-session-get_who_i_am").get_by_role("button").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table")).to_contain_text('"name": "ines"')
    page.get_by_role("link", name="Help").click()
    expect(page).to_have_url(f"{desk.url}/help")
    assert desk.faults == []
