"""The knowledge as an XLSX workbook that clinicians edit: concepts, their features, differentials and crosswalks.

Every cell is text and none a formula, whatever it begins with. The same content gives the same bytes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
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
    for sheet in SHEETS:
        _write(book, sheet, rows[sheet.name])
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


def _write(book: Any, sheet: Sheet, rows: Iterable[Sequence[str]]) -> None:
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
            choice = DataValidation("list", formula1=f'"{",".join(column.words)}"', allow_blank=True)
            choice.error, choice.errorTitle = f"one of: {', '.join(column.words)}", column.name
            choice.add(f"{letter}2:{letter}1048576")
            page.data_validations.append(choice)

    def cell(text: str, place: str) -> Any:
        if len(text) > LONGEST_CELL:
            raise RequestInvalid(
                f"{place} has {len(text)} letters; a cell holds {LONGEST_CELL}. Export as CSV or Turtle"
            )
        made = WriteOnlyCell(page, value="")
        made._value, made.data_type = _writable(text), "s"  # setting .value would make "=1" a formula
        made.number_format = _TEXT
        return made

    head = []
    for name in sheet.names:
        made = cell(name, name)
        made.font, made.fill = Font(bold=True), PatternFill("solid", fgColor="DDDDDD")
        head.append(made)
    page.append(head)
    last = 1
    for last, row in enumerate(rows, 2):
        place = f"sheet {sheet.name}, row {last} ({row[0]})"
        page.append([cell(text, place) if text else None for text in row])
    page.auto_filter.ref = f"A1:{get_column_letter(len(sheet.columns))}{last}"


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
