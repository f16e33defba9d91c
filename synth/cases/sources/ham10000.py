"""HAM10000 (Tschandl, Rosendahl, Kittler 2018, doi 10.1038/sdata.2018.161), as published and as small local copies.

`HAM10000_metadata.csv` (or `HAM10000_metadata`, `metadata.csv`) with image_id, lesion_id, dx, dx_type, age, sex,
localization; images `<image_id>.jpg` in HAM10000_images_part_1 and _2, in `images`, or beside the metadata.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .row import Row, folders, known, locate, number, sex
from .settings import Source
from .tables import table

LICENCE = "CC BY-NC 4.0"
_COLUMNS = ("image_id", "lesion_id", "dx", "age", "sex", "localization")


def read(source: Source) -> Iterator[Row]:
    """All rows, in the order of the file. The patient is not published: a lesion is the smallest known group."""
    root = Path(source.folder)
    places = folders(root, "HAM10000_images_part_1", "HAM10000_images_part_2", "images", "HAM10000_images")
    for row in table(root, ("HAM10000_metadata.csv", "HAM10000_metadata", "metadata.csv"), _COLUMNS):
        yield Row(
            id=row["image_id"],
            image=locate(places, row["image_id"]),
            label=row["dx"],
            licence=source.licence or LICENCE,
            lesion=row["lesion_id"],
            site=known(row["localization"]),
            age=number(row["age"]),
            sex=sex(row["sex"]),
        )
