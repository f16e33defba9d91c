"""The shape every reader gives its rows, and how it reads a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg_service.core.errors import ConfigInvalid, RecordInvalid


@dataclass(frozen=True, slots=True)
class Row:
    """One image of a dataset as its files state it. `image` is where the file should be; it may be missing."""

    id: str
    image: Path
    label: str
    licence: str
    patient: str = ""
    lesion: str = ""
    site: str = ""
    age: float | None = None
    sex: str = ""
    fitzpatrick: int | None = None


def table(folder: Path, names: Sequence[str], columns: Sequence[str]) -> Iterator[dict[str, str]]:
    """The rows of the first of `names` that exists in `folder`.

    Raises:
        ConfigInvalid: the folder holds none of them.
        RecordInvalid: the file lacks a column.
    """
    path = next((folder / name for name in names if (folder / name).is_file()), None)
    if path is None:
        raise ConfigInvalid(f"{folder} holds none of {', '.join(names)}; point source.folder at the dataset")
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
        if missing:
            raise RecordInvalid(f"{path} lacks the column {', '.join(missing)}; it is not this dataset's metadata")
        for row in reader:
            yield {key: (value or "").strip() for key, value in row.items() if key is not None}


def locate(folders: Sequence[Path], stem: str, endings: Sequence[str]) -> Path:
    """The image file of a row: the first that exists, else the first place it should have been."""
    places = [folder / f"{stem}{ending}" for folder in folders for ending in endings]
    return next((place for place in places if place.is_file()), places[0])


def number(text: str) -> float | None:
    """A number, or None for the datasets' ways to say that it is not known."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value == value else None
