"""Files out and back in: what an edited file would change is shown first, row by row where a row cannot be used."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from playwright.sync_api import Page, expect

from .people import Desk

BRANCH = "pigmentary disorder"


@pytest.fixture
def exported(desk: Desk) -> bytes:
    """A branch of the draft as a workbook, as the page's form asks for it."""
    with desk.http("ana") as client:
        asked = {"format": "xlsx", "branch": "pigmentary-disorder", "release": "draft"}
        return client.get("/import/download", params=asked).raise_for_status().content


@pytest.fixture
def page(desk: Desk) -> Page:
    page = desk.page("ana")
    page.goto("/import")
    return page


def bring(page: Page, path: Path) -> None:
    page.get_by_label("File", exact=True).set_input_files(path)
    page.get_by_role("button", name="Show what it would change").click()
    expect(page.locator(".import-plan")).to_be_visible(timeout=60_000)


def put(sheet: Worksheet, row: int, column: str, text: str) -> str:
    """Write a cell; the name in its row."""
    head = [cell.value for cell in sheet[1]]
    sheet.cell(row, head.index(column) + 1, text)
    return str(sheet.cell(row, head.index("prefLabel") + 1).value)


def test_a_branch_is_downloaded_as_the_form_says(desk: Desk, page: Page):
    box = page.get_by_role("combobox", name="Branch")
    box.fill(BRANCH)
    page.get_by_role("option", name=BRANCH).first.click()
    with page.expect_download() as started:
        page.get_by_role("button", name="Download").click()
    assert started.value.suggested_filename == "skin-r1-draft-pigmentary-disorder.xlsx"
    sheet = load_workbook(io.BytesIO(Path(started.value.path()).read_bytes()))["Concepts"]
    assert sheet.max_row > 50
    assert desk.faults == []


def test_an_export_that_comes_back_untouched_is_no_change(desk: Desk, page: Page, exported: bytes, tmp_path: Path):
    """Check 15."""
    (tmp_path / "same.xlsx").write_bytes(exported)
    bring(page, tmp_path / "same.xlsx")
    expect(page.get_by_role("heading", name="0 changes")).to_be_visible()
    expect(page.get_by_text("There is nothing to propose")).to_be_visible()
    expect(page.get_by_role("button", name="Propose")).to_have_count(0)
    assert desk.faults == []


def test_a_workbook_with_errors_says_which_rows_and_the_rest_comes_round(
    desk: Desk, page: Page, exported: bytes, tmp_path: Path
):
    """Check 15."""
    book = load_workbook(io.BytesIO(exported))
    sheet = book["Concepts"]
    wrong = put(sheet, 4, "condition", "borderline")
    lost = put(sheet, 6, "parents", "nowhere at all")
    right = put(sheet, 8, "definition", "Said anew in the workbook.")
    book.save(tmp_path / "edited.xlsx")
    bring(page, tmp_path / "edited.xlsx")
    plan = page.locator(".import-plan")
    expect(plan.get_by_role("heading", name="1 change", exact=True)).to_be_visible()
    left_out = plan.get_by_role("group", name="Rows that cannot be used").get_by_role("listitem")
    expect(left_out).to_have_count(2)
    expect(left_out.nth(0)).to_contain_text(f"row 4 ({wrong}): column condition: 'borderline'")
    expect(left_out.nth(1)).to_contain_text(f"row 6 ({lost}): column parents: 'nowhere at all'")
    expect(plan.get_by_role("link", name=right).first).to_be_visible()

    page.get_by_label("Why").fill("mended in a workbook")
    page.get_by_role("button", name="Propose 1 change").click()
    expect(page.get_by_role("alert")).to_contain_text("Some rows would be left out")
    page.get_by_label("Propose the rest").check()
    page.get_by_role("button", name="Propose 1 change").click()
    page.wait_for_url("**/proposals/*")
    number = int(page.url.rsplit("/", 1)[1])
    with desk.http("bob", "reviewer") as client:
        client.post(f"/v1/proposals/{number}/review", json={"verdict": "accept"}).raise_for_status()
    with desk.http("ana") as client:
        asked = {"format": "xlsx", "branch": "pigmentary-disorder", "release": "draft"}
        after = client.get("/import/download", params=asked).content
    assert "Said anew in the workbook." in [
        cell.value for row in load_workbook(io.BytesIO(after))["Concepts"] for cell in row
    ]
    assert desk.faults == []


def test_what_was_not_shown_is_not_proposed(desk: Desk, page: Page, exported: bytes, tmp_path: Path):
    book = load_workbook(io.BytesIO(exported))
    put(book["Concepts"], 10, "definition", "One wording.")
    book.save(tmp_path / "file.xlsx")
    bring(page, tmp_path / "file.xlsx")
    page.get_by_label("Why").fill("a reason")
    seen = page.locator("input[name=seen]")
    other = "0" * 32
    seen.evaluate(f"box => box.value = '{other}'")
    page.get_by_role("button", name="Propose 1 change").click()
    expect(page.get_by_role("alert")).to_contain_text("no longer what you were shown")
    expect(seen).not_to_have_value(other)
    expect(page.get_by_label("Why")).to_have_value("a reason")
    page.get_by_role("radio", name="a list from elsewhere").check()
    expect(page.locator(".import-plan")).to_have_count(0)
    assert desk.faults == []


def test_a_file_saved_again_after_it_was_chosen_is_asked_for_again(desk: Desk, page: Page, tmp_path: Path):
    path = tmp_path / "list.csv"
    path.write_text("prefLabel,condition,parents\nan odd nevus,benign,melanocytic nevus\n")
    page.get_by_role("radio", name="a list from elsewhere").check()
    bring(page, path)
    expect(page.get_by_role("heading", name="1 change", exact=True)).to_be_visible()
    path.write_text("prefLabel,condition,parents\nan odd nevus,benign,nowhere\nanother,benign,melanocytic nevus\n")
    os.utime(path, (time.time() + 5,) * 2)  # a browser looks at whole seconds
    page.get_by_role("button", name="Show what it would change").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose it again")
    bring(page, path)
    expect(page.get_by_text("row 2 (an odd nevus)")).to_be_visible()
    refused = [fault for fault in desk.faults if "ERR_UPLOAD_FILE_CHANGED" in fault or "Failed to fetch" in fault]
    assert refused == desk.faults
    desk.faults.clear()


def test_a_file_that_cannot_be_read_says_where_and_the_form_stays(desk: Desk, page: Page, tmp_path: Path):
    (tmp_path / "notes.txt").write_text("prefLabel\n")
    (tmp_path / "broken.xlsx").write_bytes(b"this is no workbook")
    file, alert = page.get_by_label("File", exact=True), page.get_by_role("alert")
    for name, told in (("notes.txt", "notes.txt ends in none of .xlsx, .csv, .ttl"), ("broken.xlsx", "broken.xlsx")):
        file.set_input_files(tmp_path / name)
        page.get_by_role("button", name="Show what it would change").click()
        expect(alert).to_contain_text(told)
    expect(page.locator(".import-plan")).to_have_count(0)
    assert desk.faults == []


def test_new_diseases_are_filed_under_the_group_that_was_chosen(desk: Desk, page: Page, tmp_path: Path):
    (tmp_path / "list.csv").write_text("prefLabel,condition\nan unheard-of leukoderma,non-neoplastic\n")
    page.get_by_role("radio", name="a list from elsewhere").check()
    page.get_by_text("Where new diseases belong").click()
    page.get_by_role("combobox", name="Group for new diseases").fill(BRANCH)
    page.get_by_role("option", name=BRANCH).first.click()
    bring(page, tmp_path / "list.csv")
    expect(page.locator(".import-lines").first).to_contain_text(f"Add 'an unheard-of leukoderma' under {BRANCH}")
    assert desk.faults == []


def test_without_a_script_the_plan_is_a_page(desk: Desk):
    file = ("list.csv", b"prefLabel,condition,parents\na new nevus,benign,melanocytic nevus\n", "text/csv")
    with desk.http("ana") as client:
        answer = client.post("/import", files={"file": file}, data={"mode": "add", "act": "check"})
        assert answer.status_code == 200
        assert "<h1>Import and export</h1>" in answer.text
        assert "1 change" in answer.text


def test_readers_and_passers_by_may_export_and_not_import(desk: Desk):
    file = {"file": ("list.csv", b"prefLabel\nx\n", "text/csv")}
    with desk.http("rita", "reader") as client:
        assert "Editors bring files in" in client.get("/import").text
        assert client.post("/import", files=file).status_code == 403
    with desk.http() as client:
        page = client.get("/import")
        assert "Sign in" in page.text
        assert 'type="file"' not in page.text
        assert client.get("/import/download", params={"format": "obo"}).headers["content-type"].startswith("text/plain")
        assert client.get("/import/download", params={"branch": "no-such-group"}).status_code == 404
