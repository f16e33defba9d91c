"""Tables as datasets publish them: CSV and the first sheet of an XLSX workbook, read strictly."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

from kg_service.core.errors import ConfigInvalid, RecordInvalid

_SHOWN = 10
_WIDEST = 16_384  # columns of a workbook, XFD
_CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def table(folder: Path, names: Sequence[str], columns: Sequence[str]) -> Iterator[dict[str, str]]:
    """The rows of the first of `names` that exists in `folder`, each cell without the blanks around it.

    Raises:
        ConfigInvalid: the folder holds none of them.
        RecordInvalid: the file is empty, lacks a column or has one twice, is not UTF-8 text, or has rows with too few
            or too many cells; all such rows are named at once.
    """
    path = next((folder / name for name in names if (folder / name).is_file()), None)
    if path is None:
        raise ConfigInvalid(f"{folder} holds none of {', '.join(names)}; point source.folder at the dataset")
    lines = _workbook(path) if path.suffix == ".xlsx" else _text(path)
    _, header = next(lines, (0, []))
    if not header:
        raise RecordInvalid(f"{path} is empty; fetch it again")
    missing = [name for name in columns if name not in header]
    if missing:
        raise RecordInvalid(
            f"{path} lacks the column {', '.join(missing)}; it is not this dataset's metadata. "
            f"Its columns are {', '.join(header)}"
        )
    if twice := sorted({name for name in columns if header.count(name) > 1}):
        raise RecordInvalid(f"{path} has the column {', '.join(twice)} twice; rename the one that is not meant")
    whole = list(lines)
    ragged = [f"line {line} has {len(cells)} cells" for line, cells in whole if len(cells) != len(header)]
    if ragged:
        more = f" and {len(ragged) - _SHOWN} more" if len(ragged) > _SHOWN else ""
        raise RecordInvalid(
            f"{path}: {len(header)} columns, but {'; '.join(ragged[:_SHOWN])}{more}. Fetch the file again, or mend "
            "these lines: a comma inside a cell needs quotation marks around the cell."
        )
    for _, cells in whole:
        yield dict(zip(header, cells, strict=True))


def _text(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of every line of a CSV file that is not blank."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            for cells in reader:
                if cells:
                    yield reader.line_num, [cell.strip() for cell in cells]
    except UnicodeDecodeError as error:
        raise RecordInvalid(
            f"{path} is not UTF-8 text (byte {error.start}: {error.reason}); save it as UTF-8 and start again"
        ) from error
    except csv.Error as error:
        raise RecordInvalid(f"{path} is not a CSV file ({error}); fetch it again") from error


def _workbook(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(row, cells) of the first sheet of a workbook, every row as wide as the first."""
    try:
        with zipfile.ZipFile(path) as archive:
            shared: list[str] = []
            if "xl/sharedStrings.xml" in archive.namelist():
                found = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
                shared = ["".join(text.text or "" for text in item.iter(f"{_CELL}t")) for item in found]
            sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
        width = 0
        for place, row in enumerate(sheet.iter(f"{_CELL}row"), start=1):
            cells: dict[int, str] = {}
            for cell in row.iter(f"{_CELL}c"):
                value = "".join(part.text or "" for part in cell.iter() if part.tag in (f"{_CELL}v", f"{_CELL}t"))
                text = shared[int(value)] if cell.get("t") == "s" and value else value
                cells[_column(cell.get("r", ""), len(cells))] = text.strip()
            width = width or max(cells, default=-1) + 1
            if any(cells.values()):
                yield place, [cells.get(column, "") for column in range(max(width, max(cells) + 1))]
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, ValueError, IndexError) as error:
        raise RecordInvalid(f"{path} is not a workbook that can be read ({error}); save it as CSV") from error


def _column(reference: str, default: int) -> int:
    """`A1` -> 0, `AB7` -> 27; a ValueError beyond what a workbook can have."""
    letters = re.sub(r"[^A-Z]", "", reference)
    if not letters:
        return default
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    if place > _WIDEST:
        raise ValueError(f"there is no column {letters}")
    return place - 1
