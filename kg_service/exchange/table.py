"""The knowledge as one table, for spreadsheets: a row a concept.

A list in a cell is joined by " | "; a bar or backslash inside an item is written with a backslash before it. A cell
that a spreadsheet would take for a formula gets an apostrophe in front, which reading takes away again. Ambiguous
labels, features and differentials do not travel.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..core.errors import KnowledgeInvalid
from ..core.knowledge import Knowledge
from .reading import nothing_in, text_of
from .row import Incoming, certain, condition_of

COLUMNS = (
    "id", "prefLabel", "condition", "parents", "altLabels", "hiddenLabels", "definition", "exactMatch", "closeMatch",
)  # fmt: skip

_BY_NAME = {column.casefold(): column for column in COLUMNS}
# What a spreadsheet executes, in Latin and in full width, and what it skips before it does so.
_EXECUTED = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_ITEM = re.compile(r"(?:[^\\|]|\\.|\\$)+", re.DOTALL)
_ESCAPED = re.compile(r"\\([\\|])")


def read_csv(path: Path) -> tuple[Incoming, ...]:
    """The rows of a table with commas, semicolons or tabs.

    Raises:
        ConfigInvalid: the file cannot be opened.
        KnowledgeInvalid: it is not UTF-8 CSV with these columns, or holds no row.
    """
    lines = _records(path, text_of(path))
    header = next(lines, (1, []))[1]
    columns = _columns(path, header)
    found: list[Incoming] = []
    findings: list[str] = []
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue  # a spreadsheet's empty line
        if any(cell.strip() for cell in cells[len(columns) :]):
            findings.append(f"{path}, row {number}: {len(cells)} cells under {len(columns)} columns")
        else:
            found.append(_row(dict(zip(columns, cells, strict=False)), f"{path}, row {number}"))
    if findings:
        raise KnowledgeInvalid("these rows do not fit their columns:", tuple(findings))
    if not found:
        raise nothing_in(path, "row below its columns")
    return tuple(found)


def write_csv(knowledge: Knowledge) -> str:
    """Every concept, by id. Excel wants the file encoded as utf-8-sig, or it shows "excoriÃ©e"."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for concept in knowledge.concepts.values():
        cells = (
            concept.id,
            concept.pref_label,
            concept.condition.value if concept.condition else "",
            _joined((*concept.parents[:1], *sorted(concept.parents[1:]))),
            _joined(certain(concept.alt_labels, concept)),
            _joined(certain(concept.hidden_labels, concept)),
            concept.definition,
            _joined(sorted(concept.exact_match)),
            _joined(sorted(concept.close_match)),
        )
        writer.writerow([_harmless(cell) for cell in cells])
    return out.getvalue()


def _records(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """(number as a spreadsheet counts, cells), the header first."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            yield number, [_as_meant(cell) for cell in cells]
    except csv.Error as error:
        raise KnowledgeInvalid("this is not a CSV file:", (f"{path}, row {number + 1}: {error}",)) from error


def _delimiter(text: str) -> str:
    """The sign that cuts the first line into the most columns we know."""
    header = text.lstrip("\r\n").partition("\n")[0].strip("\r")
    return max(",;\t", key=lambda sign: sum(_plain(cell.strip(' "')) in _BY_NAME for cell in header.split(sign)))


def _columns(path: Path, header: Sequence[str]) -> list[str]:
    names = [cell.strip() for cell in header]
    while names and not names[-1]:
        names.pop()  # a spreadsheet's empty columns
    unknown = [name for name in names if _plain(name) not in _BY_NAME]
    columns = [_BY_NAME.get(_plain(name), name) for name in names]
    findings = [f"{path}, row 1: there is no column {name[:80]!r}; there are {', '.join(COLUMNS)}" for name in unknown]
    twice = sorted({column for column in columns if columns.count(column) > 1})
    findings += [f"{path}, row 1: the column {column[:80]!r} stands twice" for column in twice]
    if "prefLabel" not in columns:
        findings.append(f"{path}, row 1: the column prefLabel is missing")
    if findings:
        raise KnowledgeInvalid("the columns of this table cannot be used:", tuple(findings))
    return columns


def _row(cells: dict[str, str], place: str) -> Incoming:
    name = cells["prefLabel"].strip() if "prefLabel" in cells else ""
    return Incoming(
        key=cells.get("id", "").strip() or name,
        pref_label=name,
        parents=_items(cells.get("parents", "")),
        alt_labels=_items(cells.get("altLabels", "")),
        hidden_labels=_items(cells.get("hiddenLabels", "")),
        condition=condition_of(cells.get("condition", "")),
        definition=cells.get("definition", "").strip(),
        exact_match=_items(cells.get("exactMatch", "")),
        close_match=_items(cells.get("closeMatch", "")),
        place=place,
    )


def _plain(column: str) -> str:
    return column.strip().casefold()


def _harmless(cell: str) -> str:
    return f"'{cell}" if _EXECUTED.match(cell) else cell


def _as_meant(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _EXECUTED.match(cell) else cell


def _joined(items: Iterable[str]) -> str:
    return " | ".join(item.replace("\\", "\\\\").replace("|", "\\|") for item in items)


def _items(cell: str) -> tuple[str, ...]:
    found = (_ESCAPED.sub(r"\1", item).strip() for item in _ITEM.findall(cell))
    return tuple(item for item in found if item)
