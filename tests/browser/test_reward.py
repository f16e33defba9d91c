"""The reward of one reply, term by term, as the API gives it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from .people import Desk

REPLY = "<thinking>I see ulcer.</thinking><diagnosis>{}</diagnosis><condition>{}</condition>"


def test_a_reply_is_scored_in_place_and_its_address_can_be_kept(desk: Desk):
    page = desk.page()
    page.goto("/reward")
    expect(page.locator(".total")).to_have_text("1.8125")
    page.get_by_label("The reply", exact=True).fill(REPLY.format("nevus", "benign"))
    page.get_by_label("Reward", exact=True).select_option("safe")
    page.get_by_role("button", name="Score it").click()
    expect(page.locator("#result")).to_contain_text("harmless; the case is malignant")
    expect(page).to_have_url(re.compile(r"/reward\?reply=.*spec=safe"))
    total = page.locator(".total").inner_text()
    page.reload()
    expect(page.locator(".total")).to_have_text(total)
    expect(page.get_by_label("The reply", exact=True)).to_have_value(REPLY.format("nevus", "benign"))
    sent = {"replies": [REPLY.format("nevus", "benign")], "golds": ["nodular-melanoma"], "spec": "safe"}
    [earned] = desk.http().post("/v1/score", json=sent).json()["total"]
    assert float(total.replace("−", "-")) == float(f"{earned:.6g}")
    assert desk.faults == []


def test_a_malformed_reply_shows_what_is_malformed(desk: Desk):
    page = desk.page()
    page.goto("/reward")
    page.get_by_label("The reply", exact=True).fill("<thinking>x</thinking><diagnosis>melanoma</diagnosis>")
    page.get_by_role("button", name="Score it").click()
    expect(page.locator("#result .alert")).to_contain_text("A tag is missing")
    expect(page.locator(".total")).to_have_text("0")


def test_a_question_that_cannot_be_scored_keeps_what_was_typed(desk: Desk):
    page = desk.page()
    page.goto("/reward")
    page.get_by_label("The reply", exact=True).fill(REPLY.format("melanoma", "malignant"))
    page.get_by_label("Reward", exact=True).select_option("released-code")
    page.get_by_role("button", name="Score it").click()
    expect(page.locator("#said")).to_contain_text("options")
    expect(page.get_by_label("The reply", exact=True)).to_have_value(REPLY.format("melanoma", "malignant"))
    page.get_by_text("Multiple choice", exact=True).click()
    page.get_by_label("Options offered").fill("melanoma\nmelanocytic neoplasm")
    page.get_by_role("button", name="Score it").click()
    expect(page.locator("#result")).to_contain_text("By the rank of the chosen option")
    assert desk.faults == []


def test_where_gold_and_diagnosis_stand_is_shown_as_two_paths(desk: Desk):
    page = desk.page()
    page.goto("/reward?gold=basal-cell-carcinoma&reply=" + REPLY.format("nevus", "benign"))
    paths = page.locator(".way")
    expect(paths).to_have_count(2)
    expect(paths.nth(0).locator("li.earned")).to_have_text(re.compile("neoplasm"))
    expect(paths.nth(0).locator("li").last).to_contain_text("basal cell carcinoma")
    expect(paths.nth(1).locator("li").last).to_contain_text("melanocytic nevus")
    assert desk.faults == []
