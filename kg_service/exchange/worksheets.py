"""An XLSX workbook read: the sheets we know, row by row, every cell as the text it shows."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from ..core.errors import KnowledgeInvalid, RequestTooLarge, SkinR1Error
from .cells import FIELDS, columns_of, concept_row, items
from .document import Document, Meaning, Pair, Trait
from .reading import Source, nothing_in, payload_of
from .row import Incoming
from .sheets import CONCEPTS, CROSSWALK, DIFFERENTIALS, FEATURES, REMOVE, SHEETS, Sheet
from .unzipping import check_archive, unreadable

MOST_ROWS = 300_000
_LAST_ROW = 1_048_576  # of any sheet of Excel; a file may claim more to keep its reader busy
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_FINDINGS = 1_000

Row = tuple[str, Mapping[str, str]]  # (place, column -> text)


def read_xlsx(source: Source) -> tuple[Incoming, ...]:
    """The rows of the sheet Concepts.

    Raises:
        ConfigInvalid, KnowledgeInvalid, RequestTooLarge: see `read_workbook`; or there is no such row.
    """
    rows = _read(source, "prefLabel").rows
    if not rows:
        raise nothing_in(source, f"row in a sheet {CONCEPTS}")
    return rows


def read_workbook(source: Source) -> Document:
    """Everything in the sheets Concepts, Features, Differentials and Crosswalk; a sheet may be missing.

    Raises:
        ConfigInvalid: the file cannot be opened.
        KnowledgeInvalid: it is damaged, no XLSX, or under a password; a header is not ours; a cell holds a formula,
            a date or an error; or there is no row at all.
        RequestTooLarge: it unpacks to too much, or has more than `MOST_ROWS` rows.
    """
    return _read(source, "id")


def _read(source: Source, needed: str) -> Document:
    payload = payload_of(source)
    name = str(source)
    check_archive(name, payload)
    try:
        document = _document(_sheets(name, payload, needed))
    except SkinR1Error:
        raise
    except Exception as error:  # openpyxl and the XML parser raise anything on a damaged part
        raise unreadable(name, f"it is damaged ({type(error).__name__})") from error
    if not len(document):
        known = ", ".join(sheet.name for sheet in SHEETS)
        raise nothing_in(source, f"row in any of the sheets {known}")
    return document


def _sheets(name: str, payload: bytes, needed: str) -> dict[str, tuple[list[str], list[Row]]]:
    """Sheet -> (its columns, its rows), of those that are there."""
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(payload), read_only=True, keep_links=False)
    try:
        found: dict[str, tuple[list[str], list[Row]]] = {}
        findings: list[str] = []
        left = MOST_ROWS
        for page in book.worksheets:
            sheet = next((sheet for sheet in SHEETS if sheet.name.casefold() == page.title.strip().casefold()), None)
            if sheet is not None and sheet.name not in found:
                found[sheet.name] = _rows(f"{name}, sheet {sheet.name}", page, sheet, needed, left, findings)
                left -= len(found[sheet.name][1])
    finally:
        book.close()
    if findings:
        raise KnowledgeInvalid("these cells cannot be used:", tuple(findings))
    return found


def _rows(
    place: str, page: Any, sheet: Sheet, needed: str, most: int, findings: list[str]
) -> tuple[list[str], list[Row]]:
    rows: list[Row] = []
    columns: list[str] = []
    page.reset_dimensions()  # they may lie
    for number, cells in enumerate(_bounded(place, page), 1):
        where = f"{place}, row {number}"
        if number == 1:
            texts = [_text(cell, where, findings) for cell in cells]
            columns = columns_of(where, texts, sheet.names, sheet.needed or (needed,))
            continue
        if all(cell.value is None for cell in cells):
            continue
        texts = [
            _text(cell, f"{where}, column {columns[at] if at < len(columns) else at + 1}", findings)
            for at, cell in enumerate(cells)
        ]
        if any(text.strip() for text in texts[len(columns) :]):
            findings.append(f"{where}: there is something beside the columns")
        if len(findings) > _FINDINGS:
            raise KnowledgeInvalid("these cells cannot be used:", tuple(findings))
        if any(text.strip() for text in texts):
            texts += [""] * (len(columns) - len(texts))  # empty cells at the end of a row are not in the file
            rows.append((where, dict(zip(columns, texts, strict=False))))
        if len(rows) > most:
            raise RequestTooLarge(f"{place} has more than {most} rows; divide it by branch")
    return columns, rows


def _bounded(place: str, page: Any) -> Iterator[tuple[Any, ...]]:
    for number, cells in enumerate(page.iter_rows(), 1):
        if number > _LAST_ROW:
            raise RequestTooLarge(f"{place} claims more than {_LAST_ROW} rows")
        yield cells


def _text(cell: Any, place: str, findings: list[str]) -> str:
    """What a cell shows. A formula, a date or an error is a finding: what was meant is not in the file."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        findings.append(f"{place}: a formula; put its result in its place, as text")
        return ""
    if cell.data_type == "e":
        findings.append(f"{place}: the error {str(value)[:20]}")
        return ""
    if isinstance(value, str):
        return _ESCAPED.sub(lambda sign: chr(int(sign[1], 16)), value)
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (datetime, date, time, timedelta)):
        findings.append(f"{place}: a date or time; format the cell as text and type it again")
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _document(sheets: Mapping[str, tuple[list[str], list[Row]]]) -> Document:
    def rows(name: str) -> list[Row]:
        return sheets[name][1] if name in sheets else []

    columns = sheets[CONCEPTS][0] if CONCEPTS in sheets else []
    return Document(
        rows=tuple(concept_row(cells, place) for place, cells in rows(CONCEPTS)),
        stated=frozenset(FIELDS[column] for column in columns if column in FIELDS),
        traits=tuple(_trait(cells, place) for place, cells in rows(FEATURES)),
        pairs=tuple(_pair(cells, place) for place, cells in rows(DIFFERENTIALS)),
        meanings=tuple(_meaning(cells, place) for place, cells in rows(CROSSWALK)),
    )


def _trait(cells: Mapping[str, str], place: str) -> Trait:
    return Trait(
        cells["concept"].strip(),
        cells["feature"].strip(),
        cells.get("polarity", "").strip(),
        _marked(cells, place),
        place,
    )


def _pair(cells: Mapping[str, str], place: str) -> Pair:
    features = cells.get("features")
    return Pair(
        a=cells["a"].strip(),
        b=cells["b"].strip(),
        strength=_stripped(cells, "strength"),
        features=None if features is None else items(features),
        source=_stripped(cells, "source"),
        review_status=_stripped(cells, "reviewStatus"),
        remove=_marked(cells, place),
        place=place,
    )


def _meaning(cells: Mapping[str, str], place: str) -> Meaning:
    concepts = cells.get("concepts")
    return Meaning(
        dataset=cells["dataset"].strip(),
        label=cells["label"],
        concepts=None if concepts is None else items(concepts),
        source=None,
        remove=_marked(cells, place),
        place=place,
    )


def _stripped(cells: Mapping[str, str], column: str) -> str | None:
    found = cells.get(column)
    return None if found is None else found.strip()


def _marked(cells: Mapping[str, str], place: str) -> bool:
    """
    Raises:
        KnowledgeInvalid: the column says neither nothing nor "remove"; nobody may lose an edge to a slip of the pen.
    """
    word = cells.get(REMOVE, "").strip().casefold()
    if word not in ("", REMOVE):
        raise KnowledgeInvalid(
            "these cells cannot be used:",
            (f"{place}, column {REMOVE}: {word[:40]!r}; write {REMOVE!r}, or leave it empty",),
        )
    return word == REMOVE
