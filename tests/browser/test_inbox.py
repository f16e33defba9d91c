"""The inbox: what a label may mean is decided by one click only where that is sure, and asked where it is grave."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from .people import Desk

SET = "an atlas"


def report(desk: Desk, *items: tuple[str, int], dataset: str = SET, job: str = "synth") -> None:
    with desk.http("rita", "reader") as client:
        listed = [{"dataset": dataset, "label": label, "images": images} for label, images in items]
        assert client.post("/v1/unmapped", json={"job": job, "items": listed}).status_code == 200


def label(page: Page, name: str) -> Locator:
    return page.locator(".unmapped").filter(has=page.get_by_role("heading", name=name, exact=True))


@pytest.fixture
def inbox(desk: Desk) -> Page:
    """An editor's page; each test decides about a label of its own."""
    labels = (
        "melanomma",
        "basal cell carcinomma",
        "ACC",
        "MM",
        "ulcer of scalp",
        "clinical image",
        "psoriasiss",
        "spots",
    )
    report(desk, *((name, 100 - place) for place, name in enumerate(labels)))
    page = desk.page("ana")
    page.goto("/inbox")
    return page


def test_a_label_that_is_a_name_but_for_its_spelling_takes_one_click_and_one_to_undo(desk: Desk, inbox: Page):
    row, progress = label(inbox, "melanomma"), inbox.locator("#progress")
    before = progress.inner_text()
    row.get_by_role("button", name="Same as melanoma").click()
    expect(row.get_by_text("Is the same as")).to_be_visible()
    expect(row.get_by_role("link", name="Proposal")).to_be_visible()
    expect(row.get_by_role("button", name="Undo")).to_be_focused()
    expect(progress).not_to_have_text(before)
    inbox.keyboard.press("Enter")
    expect(row.get_by_role("button", name="Same as melanoma")).to_be_visible()
    expect(progress).to_have_text(before)
    assert desk.faults == []


def test_what_is_malignant_or_harmless_is_asked_in_a_dialog_that_names_both(desk: Desk, inbox: Page):
    """Check 14."""
    row = label(inbox, "ACC")
    row.get_by_role("link", name="Choose primary cutaneous adenoid cystic carcinoma").click()
    expect(row.locator(".note")).to_contain_text("aplasia cutis congenita (non-neoplastic)")
    row.get_by_role("button", name="Propose this").click()
    dialog = inbox.get_by_role("dialog", name="Malignant or benign?")
    expect(dialog).to_contain_text("primary cutaneous adenoid cystic carcinoma (malignant)")
    expect(dialog).to_contain_text("aplasia cutis congenita (non-neoplastic)")
    dialog.get_by_role("link", name="No, go back").click()
    expect(dialog).to_be_hidden()
    with desk.http("ana") as client:
        assert "ACC" in [item["label"] for item in client.get("/v1/unmapped").json()["items"]], "nothing is decided yet"
    row.get_by_role("button", name="Propose this").click()
    inbox.get_by_role("dialog").get_by_role("button", name="Yes, propose it").click()
    expect(row.get_by_text("Is the same as")).to_be_visible()
    expect(inbox.get_by_role("dialog")).to_be_hidden()
    assert desk.faults == []


def test_only_a_name_but_for_its_spelling_is_a_button_that_decides(desk: Desk, inbox: Page):
    """Check 14: the weak suggestion is never the primary button."""
    rows = inbox.locator(".offers > li")
    expect(rows.filter(has_text="weak").first).to_be_attached()
    for row in rows.all():
        sure = row.locator(".tag", has_text="same but for spelling").count() == 1
        assert row.locator("button, .primary").count() == (1 if sure else 0), row.inner_text()
        assert row.locator("a.button").count() == (0 if sure else 1), row.inner_text()
    assert desk.faults == []


def test_the_page_asks_even_where_the_address_of_the_form_is_called_at_once(desk: Desk, inbox: Page):
    """Check 14, without a script."""
    with desk.http("ana") as client:
        concepts = {
            c["prefLabel"]: c["id"] for c in client.get("/v1/search", params={"q": "melanonychia"}).json()["items"]
        }
    chosen = concepts["subungual melanoma"]
    report(desk, ("melanonychia striata", 3), job="eval")
    form = {"dataset": SET, "label": "melanonychia striata", "decision": "same-as", "concept-x-0": chosen}
    with desk.http("ana") as client:
        asked = client.post("/inbox/decide", data=form)
        assert asked.status_code == 200
        assert "Malignant or benign?" in asked.text
        assert client.get("/v1/unmapped", params={"dataset": SET, "state": "decided"}).text.count("striata") == 0
        answer = client.post("/inbox/decide", data={**form, "sure": "yes"})
        assert answer.status_code == 303


def test_a_decision_by_keyboard_shows_what_it_does_before_it_is_proposed(desk: Desk, inbox: Page):
    row = label(inbox, "ulcer of scalp")
    row.get_by_role("link", name="Something else").press("Enter")
    row.get_by_role("radio", name="filed under").check()
    expect(row.get_by_text("choose the disease or group first")).to_be_visible()
    expect(row.get_by_role("group", name="Where")).to_be_hidden()
    box = row.get_by_role("combobox", name="Disease or group")
    box.press_sequentially("scalp pso")
    expect(row.get_by_role("option").first).to_have_attribute("data-label", "scalp psoriasis")
    box.press("Enter")
    expect(row.locator(".foreseen")).to_contain_text("Read 'ulcer of scalp' of an atlas as scalp psoriasis")
    row.get_by_label("Why").fill("the images show it")
    row.get_by_role("button", name="Propose this").press("Enter")
    expect(row.get_by_text("Is filed under")).to_be_visible()
    expect(row).to_contain_text("the images show it")
    assert desk.faults == []


def test_a_label_with_several_meanings_can_stay_any_of_them(desk: Desk, inbox: Page):
    row = label(inbox, "MM")
    row.get_by_role("link", name="It may be any of these").click()
    expect(row.get_by_role("combobox")).to_have_count(3)
    expect(row.locator(".foreseen")).to_contain_text("What this does")  # the form is at work from then on
    row.get_by_role("button", name="Propose this").click()
    expect(row.get_by_text("May be any of")).to_be_visible()
    expect(row.locator(".concept")).to_have_count(2)
    assert desk.faults == []


def test_who_cannot_tell_changes_nothing_and_can_come_back_to_it(desk: Desk, inbox: Page):
    row = label(inbox, "clinical image")
    row.get_by_role("link", name="Not a disease").click()
    row.get_by_role("radio", name="not for me to tell").check()
    expect(row.locator(".foreseen")).to_contain_text("Nothing changes")
    row.get_by_role("button", name="Propose this").click()
    expect(row.get_by_text("Cannot be told.")).to_be_visible()
    inbox.get_by_role("link", name="Decided").click()
    inbox.wait_for_url("**/inbox?state=decided*")  # the page before has such a button, too
    label(inbox, "clinical image").get_by_role("button", name="Undo").click()
    expect(label(inbox, "clinical image").get_by_role("link", name="Something else")).to_be_visible()
    assert desk.faults == []


def test_a_synonym_everywhere_is_said_as_one(desk: Desk, inbox: Page):
    row = label(inbox, "spots")
    row.get_by_role("link", name="Something else").click()
    # The form takes the focus first; what was typed before would not be heard.
    expect(row.get_by_text("choose the disease or group first")).to_be_visible()
    box = row.get_by_role("combobox", name="Disease or group")
    box.fill("vitiligo")
    row.get_by_role("option").first.click()
    row.get_by_role("radio", name="everywhere").check()
    expect(row.locator(".foreseen")).to_contain_text("vitiligo is also called 'spots'")
    row.get_by_role("button", name="Propose this").click()
    expect(row.get_by_text("everywhere")).to_be_visible()
    assert desk.faults == []


def test_a_second_decision_about_one_label_is_refused_and_says_who_was_first(desk: Desk, inbox: Page):
    other = desk.page("bob", "reviewer")
    other.goto("/inbox")
    label(inbox, "psoriasiss").get_by_role("button", name="Same as psoriasis").click()
    expect(label(inbox, "psoriasiss").get_by_text("Is the same as")).to_be_visible()
    label(other, "psoriasiss").get_by_role("button", name="Same as psoriasis").click()
    expect(other.get_by_role("alert")).to_contain_text("was decided by ana")
    assert desk.faults == []


def test_a_reader_sees_the_labels_and_decides_nothing(desk: Desk, inbox: Page):
    with desk.http("rita", "reader") as client:
        page = client.get("/inbox")
        assert "basal cell carcinomma" in page.text
        assert "<button" not in page.text[page.text.index("unmapped-labels") : page.text.index('id="ask"')]
        form = {"dataset": SET, "label": "basal cell carcinomma", "decision": "cannot-tell"}
        assert client.post("/inbox/decide", data=form).status_code == 403
    with desk.http() as client:
        assert client.get("/inbox").headers["location"].startswith("/sign-in")


def test_an_empty_inbox_says_how_labels_get_there(own_desk: Desk):
    page = own_desk.page("ana")
    page.goto("/inbox")
    expect(page.get_by_text("every label that names no single disease is reported to this page")).to_be_visible()
    report(own_desk, ("red thing", 2), dataset="one")
    report(own_desk, ("blue thing", 2), dataset="two")
    page.reload()
    page.get_by_label("Dataset").select_option("two")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".unmapped .name")).to_have_text(["blue thing"])
    assert own_desk.faults == []
