"""The knowledge as an XLSX workbook that clinicians edit: concepts, their features, differentials and crosswalks.

Every cell is text and none a formula, whatever it begins with. The same content gives the same bytes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..core.content import Content
from ..core.errors import RequestInvalid
from ..core.knowledge import Knowledge
from .cells import concept_cells, joined
from .sheets import CONCEPTS, CROSSWALK, DIFFERENTIALS, FEATURES, SHEETS, Sheet

LONGEST_CELL = 32_767  # what Excel holds; openpyxl cuts the rest off without a word
_EPOCH = datetime(1980, 1, 1)
_TEXT = "@"
# OOXML writes a sign it cannot hold as _x0007_, so a text that looks like that has its underscore written so too.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")


def write_xlsx(whole: Knowledge | Content) -> bytes:
    """
    Raises:
        RequestInvalid: a cell would have more letters than Excel holds.
    """
    from openpyxl import Workbook

    content = Content.of(whole) if isinstance(whole, Knowledge) else whole
    book = Workbook(write_only=True)
    book.properties.creator = "skin-r1"
    book.properties.created = _EPOCH
    rows = {
        CONCEPTS: _concepts(content),
        FEATURES: _features(content),
        DIFFERENTIALS: _differentials(content),
        CROSSWALK: _crosswalk(content),
    }
    listed = {sheet: tuple(rows[sheet.name]) for sheet in SHEETS}
    _check_lengths(listed)
    for sheet, cells in listed.items():
        _write(book, sheet, cells)
    out = io.BytesIO()
    book.save(out)
    return _timeless(out.getvalue())


def _concepts(content: Content) -> Iterator[Sequence[str]]:
    return (concept_cells(concept) for concept in content.concepts.values())


def _features(content: Content) -> Iterator[Sequence[str]]:
    for concept in content.concepts.values():
        for feature, polarity in sorted(concept.profile):
            yield concept.id, feature, polarity.value


def _differentials(content: Content) -> Iterator[Sequence[str]]:
    for edge in content.differentials.values():
        yield edge.a, edge.b, edge.strength.value, joined(sorted(edge.features)), edge.source, edge.review_status


def _crosswalk(content: Content) -> Iterator[Sequence[str]]:
    for entry in content.crosswalk.values():
        yield entry.dataset, entry.label, joined(sorted(entry.concepts))


def _check_lengths(rows: Mapping[Sheet, Sequence[Sequence[str]]]) -> None:
    for sheet, cells in rows.items():
        for number, row in enumerate(cells, 2):
            if (longest := max(map(len, row), default=0)) > LONGEST_CELL:
                raise RequestInvalid(
                    f"sheet {sheet.name}, row {number} ({row[0]}) would hold {longest} letters in a cell, and "
                    f"{LONGEST_CELL} is what fits; export as CSV or Turtle"
                )


def _write(book: Any, sheet: Sheet, rows: Sequence[Sequence[str]]) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    page = book.create_sheet(sheet.name)
    page.freeze_panes = "B2"
    for number, column in enumerate(sheet.columns, 1):
        letter = get_column_letter(number)
        page.column_dimensions[letter].width = column.width
        page.column_dimensions[letter].number_format = _TEXT  # new rows too: Excel makes dates of ids otherwise
        if column.words:
            choice = DataValidation(
                "list", formula1=f'"{",".join(column.words)}"', allow_blank=True, showErrorMessage=True
            )
            choice.error, choice.errorTitle = f"one of: {', '.join(column.words)}", column.name
            choice.add(f"{letter}2:{letter}1048576")
            page.data_validations.append(choice)

    def cell(text: str) -> Any:
        made = WriteOnlyCell(page, value="")
        made._value, made.data_type = _writable(text), "s"  # setting .value would make "=1" a formula
        made.number_format = _TEXT
        return made

    head = [cell(name) for name in sheet.names]
    for made in head:
        made.font, made.fill = Font(bold=True), PatternFill("solid", fgColor="DDDDDD")
    page.append(head)
    for row in rows:
        page.append([cell(text) if text else None for text in row])
    page.auto_filter.ref = f"A1:{get_column_letter(len(sheet.columns))}{len(rows) + 1}"


def _writable(text: str) -> str:
    return _UNWRITABLE.sub(lambda sign: f"_x{ord(sign[0]):04X}_", text)


def _timeless(book: bytes) -> bytes:
    """The same workbook without the moment at which it was made."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = _MODIFIED.sub(rb"\g<1>" + f"{_EPOCH:%Y-%m-%dT%H:%M:%SZ}".encode(), part)
            new.writestr(zipfile.ZipInfo(name, _EPOCH.timetuple()[:6]), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()
