"""The knowledge as one CSV table, for spreadsheets: a row a concept.

A cell that a spreadsheet would take for a formula gets an apostrophe in front, which reading takes away again.
Ambiguous labels, features and differentials do not travel.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from ..core.content import Content
from ..core.errors import KnowledgeInvalid
from ..core.knowledge import Knowledge
from .cells import COLUMNS, FIELDS, columns_of, concept_cells, concept_row
from .document import Document
from .reading import Source, nothing_in, text_of
from .row import Incoming

__all__ = ["COLUMNS", "read_csv", "read_csv_document", "write_csv"]

_NAMES = frozenset(column.casefold() for column in COLUMNS)
# What a spreadsheet executes, in Latin and in full width, and what it skips before it does so.
_EXECUTED = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


def read_csv(source: Source) -> tuple[Incoming, ...]:
    """The rows of a table with commas, semicolons or tabs.

    Raises:
        ConfigInvalid: the file cannot be opened.
        KnowledgeInvalid: it is not UTF-8 CSV with these columns, or holds no row.
    """
    return _read(source, editing=False).rows


def read_csv_document(source: Source) -> Document:
    """The same table as an edit: rows go by their id, and a column that is absent changes nothing.

    Raises:
        ConfigInvalid, KnowledgeInvalid: see `read_csv`.
    """
    return _read(source, editing=True)


def write_csv(whole: Knowledge | Content) -> str:
    """Every concept, by id. Excel wants the file encoded as utf-8-sig, or it shows "excoriÃ©e"."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for concept in whole.concepts.values():
        writer.writerow([_harmless(cell) for cell in concept_cells(concept)])
    return out.getvalue()


def _read(source: Source, *, editing: bool) -> Document:
    lines = _records(source, text_of(source))
    needed = "id" if editing else "prefLabel"
    columns = columns_of(f"{source}, row 1", next(lines, (1, []))[1], COLUMNS, (needed,))
    found: list[Incoming] = []
    findings: list[str] = []
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue  # a spreadsheet's empty line
        too_few = editing and len(cells) < len(columns)  # a cut-off row must not read as one with emptied cells
        if too_few or any(cell.strip() for cell in cells[len(columns) :]):
            findings.append(f"{source}, row {number}: {len(cells)} cells under {len(columns)} columns")
        else:
            found.append(concept_row(dict(zip(columns, cells, strict=False)), f"{source}, row {number}"))
    if findings:
        raise KnowledgeInvalid("these rows do not fit their columns:", tuple(findings))
    if not found:
        raise nothing_in(source, "row below its columns")
    return Document(tuple(found), frozenset(FIELDS[column] for column in columns if column in FIELDS))


def _records(source: Source, text: str) -> Iterator[tuple[int, list[str]]]:
    """(number as a spreadsheet counts, cells), the header first."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            yield number, [_as_meant(cell) for cell in cells]
    except csv.Error as error:
        raise KnowledgeInvalid("this is not a CSV file:", (f"{source}, row {number + 1}: {error}",)) from error


def _delimiter(text: str) -> str:
    """The sign that cuts the first line into the most columns we know."""
    header = text.lstrip("\r\n").partition("\n")[0].strip("\r")
    return max(",;\t", key=lambda sign: sum(cell.strip(' "').casefold() in _NAMES for cell in header.split(sign)))


def _harmless(cell: str) -> str:
    return f"'{cell}" if _EXECUTED.match(cell) else cell


def _as_meant(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _EXECUTED.match(cell) else cell
