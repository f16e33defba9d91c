"""HAM10000 (Tschandl, Rosendahl, Kittler 2018, doi 10.1038/sdata.2018.161), as published and as small local copies.

`HAM10000_metadata.csv` (or `HAM10000_metadata`, `metadata.csv`) with image_id, lesion_id, dx, dx_type, age, sex,
localization; images `<image_id>.jpg` in HAM10000_images_part_1 and _2, in `images`, or beside the metadata.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .row import Row, locate, number, table

LICENCE = "CC BY-NC 4.0"
_COLUMNS = ("image_id", "lesion_id", "dx", "age", "sex", "localization")
_UNKNOWN = {"", "unknown"}


def read(folder: Path) -> Iterator[Row]:
    """All rows, in the order of the file. The patient is not published: a lesion is the smallest known group."""
    folders = [
        found
        for name in ("HAM10000_images_part_1", "HAM10000_images_part_2", "images", "HAM10000_images", "")
        if (found := folder / name).is_dir()
    ]
    names = ("HAM10000_metadata.csv", "HAM10000_metadata", "metadata.csv")
    for row in table(folder, names, _COLUMNS):
        yield Row(
            id=row["image_id"],
            image=locate(folders, row["image_id"], (".jpg", ".png")),
            label=row["dx"],
            licence=LICENCE,
            lesion=row["lesion_id"],
            site="" if row["localization"] in _UNKNOWN else row["localization"],
            age=number(row["age"]),
            sex="" if row["sex"] in _UNKNOWN else row["sex"],
        )
