"""S5: editing what tells two diagnoses apart."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from .people import Desk, Held

EDIT = "/ddx/melanoma/seborrheic-keratosis/edit"


def choose(page: Page, side: str, feature: str, word: str) -> None:
    page.get_by_label(f"{feature} in {side}", exact=True).select_option(word)


def changes_of(desk: Desk, url: str) -> list[dict]:
    number = url.rpartition("/")[2]
    return desk.http("ana").get(f"/v1/proposals/{number}").json()["changes"]


def test_an_edit_states_only_what_changes_and_says_so_before_it_is_sent(desk: Desk):
    page = desk.page("ana")
    page.goto(EDIT)
    choose(page, "melanoma", "asymmetry", "characteristic")
    page.get_by_label("asymmetry tells them apart").check(force=True)
    effect = page.locator("#effect")
    expect(effect).to_contain_text("'asymmetry' characteristic instead of present")
    expect(effect).to_contain_text("Tell 'melanoma' from 'seborrheic keratosis'", ignore_case=True)
    expect(effect.get_by_role("heading", name="What this does")).to_be_visible()
    page.locator("#message").fill("seen so in clinic")
    page.get_by_role("button", name="Propose the change").click()
    page.wait_for_url(re.compile(r"/proposals/\d+$"))
    made = changes_of(desk, page.url)
    # Asymmetry of seborrheic keratosis is inherited, and stays where it is stated.
    assert [(each["change"], each.get("concept")) for each in made] == [
        ("set-profile", "melanoma"),
        ("put-differential", None),
    ]
    assert "asymmetry" in made[1]["differential"]["features"]
    assert desk.faults == []


def test_a_feature_is_added_by_keyboard_and_must_differ(desk: Desk):
    page = desk.page("ana")
    page.goto(EDIT)
    page.locator("#pick-add").press_sequentially("bulla")
    expect(page.locator("#list-add [role=option]").first).to_have_attribute("data-label", "bulla")
    page.keyboard.press("Enter")
    expect(page.get_by_label("bulla in melanoma", exact=True)).to_be_focused()
    choose(page, "melanoma", "bulla", "absent")
    choose(page, "seborrheic keratosis", "bulla", "absent")
    expect(page.locator("#effect .alert")).to_contain_text("is told apart by 'bulla', which would be absent in both")
    page.locator("#message").fill("must be refused")
    page.get_by_role("button", name="Propose the change").click()
    expect(page.locator("#said")).to_contain_text("'bulla'")
    expect(page.locator("#message")).to_have_value("must be refused")
    page.once("dialog", lambda asked: asked.dismiss())
    with page.expect_event("dialog", lambda asked: asked.type == "beforeunload"):
        page.get_by_role("link", name="Help").click()
    assert desk.faults == []


def test_who_writes_on_while_a_feature_is_on_its_way_is_not_called_back(desk: Desk):
    page = desk.page("ana")
    page.goto(EDIT)
    held = Held(page, "**/row?*")
    page.locator("#pick-add").fill("bulla")
    with page.expect_request("**/row?*"):
        page.locator("#list-add [data-label=bulla]").click()
    page.locator("#message").press_sequentially("they ")
    held.let_go()
    expect(page.get_by_label("bulla in melanoma", exact=True)).to_be_visible()
    page.keyboard.type("differ")
    expect(page.locator("#message")).to_have_value("they differ")
    assert desk.faults == []


def test_a_feature_that_stands_in_the_form_is_not_added_again(desk: Desk):
    page = desk.page("ana")
    page.goto(EDIT)
    lines = page.locator("#lines tr")
    before = lines.count()
    page.locator("#pick-add").press_sequentially("asymmetry")
    expect(page.locator("#list-add [role=option]").first).to_have_attribute("data-label", "asymmetry")
    with page.expect_response("**/row?*"):
        page.keyboard.press("Enter")
    expect(page.get_by_label("asymmetry in melanoma", exact=True)).to_be_focused()
    expect(page.locator(".htmx-request")).to_have_count(0)
    assert lines.count() == before


def test_a_differential_without_a_source_must_say_that_it_needs_one(desk: Desk):
    page = desk.page("ana")
    page.goto("/ddx/psoriasis/melanoma/edit")
    page.get_by_label("sharp border tells them apart").check(force=True)
    page.locator("#message").fill("both scale")
    page.get_by_role("button", name="Propose the differential").click()
    expect(page.locator("#said")).to_contain_text("source")
    page.get_by_label("Needs a source").check()
    page.get_by_label("Review").select_option("reviewed")
    page.get_by_role("button", name="Propose the differential").click()
    expect(page.locator("#said")).to_contain_text("cannot be called reviewed")
    page.get_by_label("Review").select_option("unreviewed")
    page.get_by_role("button", name="Propose the differential").click()
    page.wait_for_url(re.compile(r"/proposals/\d+$"))
    [made] = changes_of(desk, page.url)
    assert (made["differential"]["a"], made["differential"]["b"]) == ("melanoma", "psoriasis")
    assert made["differential"]["features"] == ["sharp-border"]
    assert desk.faults == []


def test_a_differential_is_removed_with_a_reason(desk: Desk):
    page = desk.page("ana")
    page.goto("/ddx/melanocytic-nevus/melanoma/edit")
    page.get_by_text("Remove this differential").click()
    page.locator("#remove-message").fill("a trial")
    page.get_by_role("button", name="Propose to remove it").click()
    page.wait_for_url(re.compile(r"/proposals/\d+$"))
    [made] = changes_of(desk, page.url)
    assert made["change"] == "remove-differential"


def test_a_profile_that_breaks_another_differential_is_refused_by_name(desk: Desk):
    http = desk.http("ana")
    form = {"feature": ["asymmetry", "stuck-on"], "here-asymmetry": "absent", "there-asymmetry": "absent"}
    form |= {"here-stuck-on": "absent", "there-stuck-on": "characteristic", "apart": ["stuck-on"]}
    form |= {"strength": "strong", "source": "a book", "message": "why", "base": "0"}
    headers = {"HX-Request": "true"}
    answer = http.post(f"{EDIT.removesuffix('/edit')}/edit", data=form, headers=headers)
    assert "HX-Redirect" not in answer.headers
    assert "&#39;melanoma&#39;" in answer.text
    assert "--" not in answer.text


def test_who_is_no_editor_gets_no_form(desk: Desk):
    assert desk.http().get(EDIT, follow_redirects=False).headers["location"].startswith("/sign-in")
    assert desk.http("rita", "reader").get(EDIT).status_code == 403
