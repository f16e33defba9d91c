"""PAD-UFES-20 (Pacheco et al. 2020, doi 10.17632/zr7vgbcyr2.1): clinical smartphone images.

`metadata.csv` with patient_id, lesion_id, diagnostic, region, age, gender, fitspatrick (so spelt), img_id; images in
`imgs_part_1` to `_3` (each may hold a folder of its own name), in `images`, or beside the metadata.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .row import Row, locate, number, table

LICENCE = "CC BY 4.0"
_COLUMNS = ("patient_id", "lesion_id", "diagnostic", "img_id")


def read(folder: Path) -> Iterator[Row]:
    """All rows, in the order of the file. Grouped by patient, since some have many lesions."""
    parts = [f"imgs_part_{part}" for part in (1, 2, 3)]
    names = [name for part in parts for name in (part, f"{part}/{part}")]
    folders = [
        found
        for name in (*names, *(f"images/{part}" for part in parts), "images", "")
        if (found := folder / name).is_dir()
    ]
    for row in table(folder, ("metadata.csv",), _COLUMNS):
        stem, dot, ending = row["img_id"].rpartition(".")
        kind = number(row.get("fitspatrick", ""))
        yield Row(
            id=stem or row["img_id"],
            image=locate(folders, stem or row["img_id"], (f"{dot}{ending}" if stem else ".png", ".png", ".jpg")),
            label=row["diagnostic"],
            licence=LICENCE,
            patient=row["patient_id"],
            lesion=row["lesion_id"],
            site=row.get("region", "").lower(),
            age=number(row.get("age", "")),
            sex=row.get("gender", "").lower(),
            fitzpatrick=int(kind) if kind and 1 <= kind <= 6 else None,
        )
