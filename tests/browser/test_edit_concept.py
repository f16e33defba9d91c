"""S2: editing a concept in the browser: what is sent, what two people write at once, and what is never lost."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from ..live import ROOT, spawn, wait_until_ready
from ..patience import PATIENCE, free_port
from .people import Desk, Held


def _edit(page: Page, concept: str) -> None:
    page.goto(f"/n/{concept}/edit")


def _send(page: Page, why: str = "seen in our clinic") -> None:
    page.get_by_label("Why").fill(why)
    page.locator("#concept-form button.primary").click()


def _add_line(page: Page, label: str, line: str) -> None:
    box = page.get_by_label(label, exact=True)
    box.fill(f"{box.input_value()}\n{line}")


def test_a_synonym_of_a_trusted_editor_is_told_and_saved_at_once(desk: Desk) -> None:
    page = desk.page("tina", trusted=True)
    _edit(page, "halo-nevus")
    _add_line(page, "Synonyms", "white ringed mole")
    preview = page.locator("#preview")
    expect(preview).to_contain_text("'halo nevus' is also called 'white ringed mole'")
    expect(preview).to_contain_text("saved at once")
    _send(page)
    expect(page).to_have_url(re.compile(r"/n/halo-nevus$"))
    with desk.http("tina") as http:
        stated = http.get("/v1/draft/concepts/halo-nevus").json()
    assert "white ringed mole" in stated["altLabels"]


def test_a_name_that_is_taken_is_said_while_one_types_and_not_sent(desk: Desk) -> None:
    page = desk.page("tina", trusted=True)
    _edit(page, "blue-nevus")
    _add_line(page, "Synonyms", "BCC")
    expect(page.locator("#hints-names")).to_contain_text(re.compile("“BCC” already names\\s+basal cell carcinoma"))
    expect(page.locator("#preview")).to_contain_text("This cannot be sent yet")
    expect(page.locator("#preview")).to_contain_text("'basal cell carcinoma' and 'blue nevus'")
    _send(page)
    expect(page.get_by_role("alert").first).to_contain_text("'BCC' belongs to 'basal cell carcinoma' and 'blue nevus'")
    assert "BCC" in page.get_by_label("Synonyms", exact=True).input_value()
    assert desk.faults == []


def test_a_feature_is_added_changed_and_taken_away(desk: Desk) -> None:
    page = desk.page("tina", trusted=True)
    _edit(page, "dermatofibroma")
    # Two that no differential is told apart by.
    page.get_by_label("How dome-shaped stands to the disease").select_option("absent")
    page.get_by_role("button", name="Remove scalp").click()
    page.get_by_role("combobox", name="Add a feature").fill("zzzz")
    expect(page.get_by_role("option", name="No feature is called so")).to_be_visible()
    page.get_by_role("combobox", name="Add a feature").fill("wickham")
    page.get_by_role("option", name="Wickham").first.click()
    expect(page.get_by_label("How Wickham striae stands to the disease")).to_have_value("present")
    expect(page.locator("#preview")).to_contain_text("'Wickham striae' present")
    expect(page.locator("#preview")).to_contain_text("goes to review")
    _send(page)
    expect(page).to_have_url(re.compile(r"/proposals/\d+$"))
    with desk.http("tina") as http:
        [change] = http.get(f"/v1/proposals/{page.url.rpartition('/')[2]}").json()["changes"]
        before = http.get("/v1/draft/concepts/dermatofibroma").json()["profile"]
    wanted = {**before, "dome-shaped": "absent", "wickham-striae": "present"}
    del wanted["scalp-site"]
    assert change == {"change": "set-profile", "concept": "dermatofibroma", "profile": wanted}


def test_what_is_typed_while_a_feature_is_on_its_way_stays(desk: Desk) -> None:
    page = desk.page("tina", trusted=True)
    _edit(page, "dermatofibroma")
    held = Held(page, "**/edit/feature?*")
    box = page.get_by_role("combobox", name="Add a feature")
    box.fill("wickham")
    with page.expect_request("**/edit/feature?*"):
        page.get_by_role("option", name="Wickham").first.click()
    box.fill("the next one")
    held.let_go()
    expect(page.get_by_label("How Wickham striae stands to the disease")).to_be_visible()
    expect(box).to_have_value("the next one")
    assert desk.faults == []


def test_one_group_is_taken_away_at_a_time(desk: Desk) -> None:
    """Two answers on their way would each bring back what the other took away."""
    page = desk.page("tina", trusted=True)
    page.goto("/new?under=melanocytic-nevus")
    chosen = page.locator("#chosen-parent li")
    page.get_by_role("combobox", name="Find a group").fill("blue nevus")
    page.get_by_role("option", name="blue nevus").first.click()
    expect(chosen).to_have_count(2)
    held = Held(page, "**/edit/chosen?*")
    with page.expect_request("**/edit/chosen?*"):
        page.get_by_role("button", name="Remove melanocytic nevus").click()
    page.get_by_role("button", name="Remove blue nevus").click()
    held.let_go()
    expect(chosen).to_have_count(1)
    expect(chosen).to_contain_text("blue nevus")
    assert held.routes == []
    assert desk.faults == []


def test_a_new_disease_gets_an_address_of_its_own_and_waits_for_review(desk: Desk) -> None:
    page = desk.page("tina", trusted=True)
    page.goto("/new?under=melanocytic-nevus")
    page.get_by_label("Name", exact=True).fill("Desk test nevus")
    expect(page.locator("#hints-condition")).to_contain_text("All members are benign in")
    expect(page.locator("#preview")).to_contain_text("This cannot be sent yet")
    page.get_by_label("benign", exact=True).check()
    expect(page.locator("#preview")).to_contain_text("Add 'Desk test nevus' under 'melanocytic nevus', benign")
    expect(page.locator("#impact [data-number=concepts] dd")).to_have_text("1")
    _send(page)
    expect(page).to_have_url(re.compile(r"/proposals/\d+$"))
    with desk.http("tina") as http:
        [change] = http.get(f"/v1/proposals/{page.url.rpartition('/')[2]}").json()["changes"]
    assert (change["change"], change["concept"]["id"]) == ("put-concept", "desk-test-nevus")
    assert change["concept"]["parents"] == ["melanocytic-nevus"]


def test_two_browsers_edit_one_concept_and_the_second_sees_both_texts(desk: Desk) -> None:
    """Check 10."""
    first, second = desk.page("tina", trusted=True), desk.page("uwe", trusted=True)
    _edit(first, "compound-nevus")
    _edit(second, "compound-nevus")
    was = second.locator("#definition").input_value()
    first.locator("#definition").fill("What tina says of it.")
    _send(first, "tina knows better")
    expect(first).to_have_url(re.compile(r"/n/compound-nevus$"))

    second.locator("#definition").fill("What uwe says of it.")
    _add_line(second, "Synonyms", "uwe's mole")
    _send(second, "uwe knows better")
    conflict = second.get_by_role("alert").filter(has_text="Somebody else has edited this meanwhile")
    expect(conflict).to_contain_text("tina")
    row = conflict.get_by_role("row").filter(has_text="Definition")
    expect(row.get_by_role("cell")).to_have_text([was or "empty", "What tina says of it.", "What uwe says of it."])
    expect(second.locator("#definition")).to_have_value("What uwe says of it.")
    expect(second.get_by_label("Why")).to_have_value("uwe knows better")
    assert "uwe's mole" in second.get_by_label("Synonyms", exact=True).input_value()
    with desk.http("uwe") as http:
        assert http.get("/v1/draft/concepts/compound-nevus").json()["definition"] == "What tina says of it."

    second.locator("#definition").fill("What tina and uwe say of it.")
    second.get_by_role("button", name="Send again").click()
    expect(second).to_have_url(re.compile(r"/n/compound-nevus$"))
    with desk.http("uwe") as http:
        stated = http.get("/v1/draft/concepts/compound-nevus").json()
    assert stated["definition"] == "What tina and uwe say of it."
    assert "uwe's mole" in stated["altLabels"]
    assert desk.faults == []


def test_edits_of_different_parts_of_one_concept_both_stand(desk: Desk) -> None:
    """Check 10."""
    first, second = desk.page("tina", trusted=True), desk.page("uwe", trusted=True)
    _edit(first, "dermal-nevus")
    _edit(second, "dermal-nevus")
    first.locator("#definition").fill("A definition by tina.")
    _send(first)
    expect(first).to_have_url(re.compile(r"/n/dermal-nevus$"))
    _add_line(second, "Synonyms", "uwe's dermal mole")
    _send(second)
    expect(second).to_have_url(re.compile(r"/n/dermal-nevus$"))
    with desk.http("uwe") as http:
        stated = http.get("/v1/draft/concepts/dermal-nevus").json()
    assert stated["definition"] == "A definition by tina."
    assert "uwe's dermal mole" in stated["altLabels"]


def test_nobody_without_the_role_gets_the_form(desk: Desk) -> None:
    with desk.http("rita", "reader") as http:
        assert http.get("/n/melanoma/edit").status_code == 403
        assert http.get("/n/melanoma/move").status_code == 403
        assert http.post("/n/melanoma/edit", data={}).status_code == 403
    with desk.http() as http:
        assert http.get("/n/melanoma/edit").headers["location"].startswith("/sign-in?next=%2Fn%2Fmelanoma%2Fedit")


def test_what_was_typed_outlives_a_service_that_is_down(browser: Browser, shipped_data: Path, tmp_path: Path) -> None:
    """Check 22."""
    data = tmp_path / "data"
    shutil.copytree(shipped_data, data)
    served = ("--port", str(free_port()), "--data", data, "--ontologies", ROOT / "ontologies")
    process = spawn("serve", *served)
    desk = None
    try:
        url = wait_until_ready(process).url
        desk = Desk(browser, url, data)
        page = desk.page("tina", trusted=True)
        _edit(page, "melanoma")
        process.terminate()
        process.wait(timeout=PATIENCE)

        page.locator("#definition").fill("Typed while the service was down.")
        _send(page)
        alert = page.get_by_role("alert").first
        expect(alert).to_contain_text("What you typed is kept")
        expect(page.locator("#definition")).to_have_value("Typed while the service was down.")

        process = spawn("serve", *served)
        wait_until_ready(process)
        page.locator("#concept-form button.primary").click()
        expect(page).to_have_url(re.compile(r"/n/melanoma$"))
        with desk.http("tina") as http:
            stated = http.get("/v1/draft/concepts/melanoma").json()
        assert stated["definition"] == "Typed while the service was down."
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)
        if desk is not None:
            desk.close()
