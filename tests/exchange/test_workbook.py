"""The workbook: nothing but text, comfortable to edit; and no file can bring a traceback or fill the memory."""

from __future__ import annotations

import io
import random
import zipfile
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.exceptions import IllegalCharacterError

from kg_service.core.concept import Concept, Condition
from kg_service.core.content import Content
from kg_service.core.errors import KnowledgeInvalid, RequestInvalid, RequestTooLarge, SkinR1Error
from kg_service.core.knowledge import Knowledge
from kg_service.exchange import unzipping, worksheets
from kg_service.exchange.editing import edit
from kg_service.exchange.formats import EDITORS, FORMATS, written
from kg_service.exchange.incoming import plan
from kg_service.exchange.reading import Upload
from kg_service.exchange.workbook import LONGEST_CELL, write_xlsx
from kg_service.exchange.worksheets import read_workbook, read_xlsx

from .books import book, opened, saved

HOSTILE = ["=cmd|'/C calc'!A0", '=HYPERLINK("http://x","y")', "+1", "-1", "@SUM(A1)", "'=1", "<img src=x onerror=1>",
           "_x0041_", "_x005F_x0041_", "1e5", "2026-01-02", "TRUE", "#REF!", "a\tb", "{=1}", "＝1+1"]  # fmt: skip


def one(**said: object) -> Knowledge:
    return Knowledge([replace(Concept("a", "alpha", (), Condition.BENIGN), **said)])


# -- written -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula_and_each_reads_back_literally(text):
    payload = write_xlsx(one(pref_label=text, definition=text, alt_labels=(text + "b",)))
    [_, row] = opened(payload)["Concepts"].iter_rows()
    assert {cell.data_type for cell in row if cell.value is not None} == {"s"}
    assert {cell.number_format for cell in row if cell.value is not None} == {"@"}
    [back] = read_xlsx(Upload("out.xlsx", payload))
    assert (back.pref_label, back.definition, back.alt_labels) == (text, text, (text + "b",))


def test_no_part_of_a_workbook_holds_a_formula(knowledge):
    with zipfile.ZipFile(io.BytesIO(write_xlsx(knowledge))) as archive:
        for name in archive.namelist():
            assert b"<f>" not in archive.read(name), name


@settings(max_examples=40)
@given(st.text(min_size=1, max_size=40), st.text(max_size=40))
def test_any_text_goes_out_and_comes_back(label, said):
    content = Content({"a": Concept("a", label, (), Condition.BENIGN, definition=said)}, {}, {}, {})
    [back] = read_workbook(Upload("out.xlsx", write_xlsx(content))).rows
    assert (back.pref_label, back.definition) == (label.strip(), said.strip())


def test_a_workbook_is_made_to_be_edited(knowledge):
    made = opened(write_xlsx(knowledge))
    assert made.sheetnames == ["Concepts", "Features", "Differentials", "Crosswalk"]
    choices = {}
    for page in made.worksheets:
        assert page.freeze_panes == "B2"
        assert page.auto_filter.ref.startswith("A1:")
        assert page.column_dimensions["A"].width > 10
        for choice in page.data_validations.dataValidation:
            column = page[f"{str(choice.sqref)[0]}1"].value
            choices[page.title, column] = choice.formula1
            assert choice.showErrorMessage
            assert not choice.showDropDown  # in this format it hides the drop-down
    assert choices["Concepts", "condition"] == '"benign,precancerous or in situ,malignant,non-neoplastic"'
    assert choices["Features", "polarity"] == '"characteristic,present,variable,absent"'
    assert choices["Differentials", "strength"] == '"strong,moderate,weak"'
    assert choices["Crosswalk", "remove"] == '"remove"'


def test_a_text_longer_than_a_cell_is_refused_and_not_cut(knowledge):
    with pytest.raises(RequestInvalid, match=r"sheet Concepts, row 2 \(a\) would hold 40000 letters"):
        write_xlsx(one(definition="x" * 40_000))
    payload = write_xlsx(one(definition="x" * LONGEST_CELL))
    assert len(read_xlsx(Upload("o.xlsx", payload))[0].definition) == LONGEST_CELL


# -- read --------------------------------------------------------------------------------------------------------


def test_a_workbook_of_others_becomes_changes(knowledge):
    rows = read_xlsx(book({
        "Notes": [["whatever"]],
        " concepts ": [
            ["prefLabel", "Condition", "parents", "altLabels", None],
            ["Spitz nevus", "Benign", "melanocytic nevus", "juvenile melanoma | Spitz tumor"],
            [],
            ["blue nevus", None, None, "azure nevus"],
        ],
    }))  # fmt: skip
    assert [row.place for row in rows] == ["in.xlsx, sheet Concepts, row 2", "in.xlsx, sheet Concepts, row 4"]
    found = plan(rows, knowledge)
    assert (len(found.changes), found.findings) == (2, ())


def test_numbers_are_the_digits_they_show(knowledge):
    [row] = read_xlsx(book({"Concepts": [["id", "prefLabel"], [1234, 5.0]]}))
    assert (row.key, row.pref_label) == ("1234", "5")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("=1+1", "sheet Concepts, row 3, column prefLabel: a formula"),
        (datetime(2026, 1, 2), "column prefLabel: a date or time; format the cell as text"),
        ("#REF!", "column prefLabel: the error #REF!"),
    ],
)
def test_a_cell_that_is_not_what_was_typed_names_its_place(cell, said):
    with pytest.raises(KnowledgeInvalid, match=said):
        read_workbook(book({"Concepts": [["id", "prefLabel"], ["a", "alpha"], ["b", cell]]}))


@pytest.mark.parametrize(
    ("sheets", "said"),
    [
        ({"Concepts": [["id", "colour"], ["a", "b"]]}, "row 1: there is no column 'colour'"),
        ({"Concepts": [["prefLabel"], ["a"]]}, "row 1: the column id is missing"),
        ({"Features": [["concept", "feature"], ["a", "b"]]}, "sheet Features, row 1: the column polarity is missing"),
        ({"Concepts": [["id", "id"], ["a", "b"]]}, "stands twice"),
        ({"Concepts": [["id"], ["a", "b"]]}, "row 2: there is something beside the columns"),
        ({"Concepts": [["id"]]}, "holds no row in any of the sheets Concepts, Features"),
        ({"Sheet1": [["id"], ["a"]]}, "holds no row"),
    ],
)
def test_a_workbook_that_cannot_be_used_says_why(sheets, said):
    with pytest.raises(KnowledgeInvalid, match=said):
        read_workbook(book(sheets))


# -- hostile -----------------------------------------------------------------------------------------------------


def archive(**parts: bytes) -> Upload:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return Upload("in.xlsx", out.getvalue())


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(unzipping, "LARGEST_UNPACKED", 1 << 20)
    with pytest.raises(RequestTooLarge, match="unpacks to more than 1 MiB"):
        read_workbook(archive(**{"xl/workbook.xml": b" " * (2 << 20)}))
    with pytest.raises(RequestTooLarge, match="or 1000 parts"):
        read_workbook(archive(**{f"p{n}": b"" for n in range(1001)}))


def test_an_archive_whose_directory_lies_about_its_sizes_unpacks_no_further():
    payload = bytearray(archive(**{"[Content_Types].xml": b" " * (5 << 20)}).payload)
    at = payload.rindex(b"PK\x01\x02") + 24
    payload[at : at + 4] = (10).to_bytes(4, "little")
    with pytest.raises(KnowledgeInvalid, match="damaged"):
        read_workbook(Upload("in.xlsx", bytes(payload)))


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(worksheets, "MOST_ROWS", 3)
    with pytest.raises(RequestTooLarge, match="more than 3 rows"):
        read_workbook(book({"Concepts": [["id"], *([f"a{n}"] for n in range(5))]}))


def sheet_with(xml: bytes) -> Upload:
    """A workbook whose sheet Concepts is this XML."""
    source = book({"Concepts": [["id"], ["a"]]})
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(source.payload)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, xml if name.endswith("sheet1.xml") else old.read(name))
    return Upload("in.xlsx", out.getvalue())


SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
BOMB = b'<!DOCTYPE w [<!ENTITY e0 "lol">'
BOMB += b"".join(b'<!ENTITY e%d "%s">' % (n, (b"&e%d;" % (n - 1)) * 20) for n in range(1, 12)) + b"]>"
HEAD = b'<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c></row>'


@pytest.mark.parametrize(
    "xml",
    [
        SHEET % (HEAD + b'<row r="99999999999"><c r="A99999999999"><v>1</v></c></row>'),
        SHEET % (HEAD + b'<row r="x"><c r="?"><v>1</v></c></row>'),
        SHEET % (HEAD + b'<row r="2"><c r="A2" t="s"><v>77</v></c></row>'),
        SHEET % (HEAD + b'<row r="2"><c r="A2" t="d"><v>never</v></c></row>'),
        SHEET % (HEAD + b'<row r="2"><c r="A2" t="b"><v>maybe</v></c></row>'),
        SHEET % (HEAD + b'<row r="2"><c r="ZZZZZZ2"><v>1</v></c></row>'),
        SHEET % (HEAD + b"<row>" * 20_000),
        BOMB + SHEET % (HEAD + b'<row r="2"><c r="A2" t="inlineStr"><is><t>&e11;</t></is></c></row>'),
        b'<!DOCTYPE w [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        + SHEET % (HEAD + b'<row r="2"><c r="A2" t="inlineStr"><is><t>&e;</t></is></c></row>'),
        b"",
    ],
)  # fmt: skip
def test_a_hostile_sheet_is_a_clear_error(xml):
    with pytest.raises(SkinR1Error, match=r"in\.xlsx"):
        read_workbook(sheet_with(xml))


def test_a_password_and_the_old_format_are_named():
    with pytest.raises(KnowledgeInvalid, match="password, or of the old"):
        read_workbook(Upload("in.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)))
    payload = bytearray(archive(**{"[Content_Types].xml": b"x"}).payload)
    payload[payload.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(KnowledgeInvalid, match="protected by a password"):
        read_workbook(Upload("in.xlsx", bytes(payload)))


# -- fuzzed ------------------------------------------------------------------------------------------------------


def attempt(name: str, payload: bytes, whole: Knowledge) -> None:
    """Read and plan; whatever is wrong with the file is one of our errors."""
    with suppress(SkinR1Error):
        edit(EDITORS[name](Upload("in" + FORMATS[name].suffix, payload)), whole)


@pytest.mark.parametrize("name", EDITORS)
@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), how=st.sampled_from(["cut", "flip", "swap", "noise"]))
def test_a_damaged_file_is_never_a_traceback(knowledge, name, seed, how):
    payload, draw = bytearray(written(name, knowledge)), random.Random(seed)
    match how:
        case "cut":
            del payload[draw.randrange(len(payload)) :]
        case "flip":
            for _ in range(draw.randint(1, 8)):
                payload[draw.randrange(len(payload))] ^= 1 << draw.randrange(8)
        case "swap":
            a, b = sorted(draw.randrange(len(payload)) for _ in range(2))
            payload[a:b] = payload[a:b][::-1]
        case "noise":
            payload = bytearray(draw.randbytes(draw.randrange(300)))
    attempt(name, bytes(payload), knowledge)


def damaged_parts(payload: bytes, seed: int) -> bytes:
    """A sound archive of parts with flipped bytes: what the checksum of the archive would otherwise catch."""
    draw, out = random.Random(seed), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(payload)) as old, zipfile.ZipFile(out, "w") as new:
        chosen = draw.choice(old.namelist())
        for name in old.namelist():
            part = bytearray(old.read(name))
            for _ in range(draw.randint(1, 6) if name == chosen else 0):
                part[draw.randrange(len(part))] = draw.choice(b'<>/"&= \x00019aZ\xff')
            new.writestr(name, bytes(part))
    return out.getvalue()


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_a_workbook_with_damaged_parts_is_never_a_traceback(knowledge, seed):
    attempt("xlsx", damaged_parts(written("xlsx", knowledge), seed), knowledge)


cells = st.one_of(
    st.none(), st.text(max_size=12), st.integers(), st.floats(), st.booleans(), st.datetimes(),
    st.sampled_from(["melanoma", "blue-nevus", "scale", "absent", "weak", "remove", "benign", "BCC", "mole | scale"]),
)  # fmt: skip
HEADERS = {
    "Concepts": ["id", "prefLabel", "condition", "parents", "altLabels"],
    "Features": ["concept", "feature", "polarity", "remove"],
    "Differentials": ["a", "b", "strength", "features", "remove"],
    "Crosswalk": ["dataset", "label", "concepts", "remove"],
}


@settings(max_examples=60)
@given(name=st.sampled_from(sorted(HEADERS)), rows=st.lists(st.lists(cells, max_size=5), max_size=5))
def test_random_cells_are_never_a_traceback(knowledge, name, rows):
    made = Workbook()
    page = made.worksheets[0]
    page.title = name
    page.append(HEADERS[name])
    for row in rows:
        for at, value in enumerate(row, 1):
            cell = page.cell(page.max_row + (at == 1), at)
            try:
                cell.value = value
            except (ValueError, IllegalCharacterError):  # signs that no program can write
                cell.value = "?"
    attempt("xlsx", saved(made).payload, knowledge)
