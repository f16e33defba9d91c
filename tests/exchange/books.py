"""XLSX workbooks for tests, made cell by cell as a person's spreadsheet program would."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook, load_workbook

from kg_service.exchange.reading import Upload


def book(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> Upload:
    """A workbook of these sheets, the first row of each its header."""
    made = Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        page = made.create_sheet(name)
        for row in rows:
            page.append(row)
    return saved(made)


def saved(made: Workbook) -> Upload:
    out = io.BytesIO()
    made.save(out)
    return Upload("in.xlsx", out.getvalue())


def opened(payload: bytes) -> Workbook:
    return load_workbook(io.BytesIO(payload))
