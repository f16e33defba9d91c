"""PAD-UFES-20 (Pacheco et al. 2020, doi 10.17632/zr7vgbcyr2.1): clinical smartphone images.

`metadata.csv` with patient_id, lesion_id, diagnostic, region, age, gender, fitspatrick (so spelt), img_id; images in
`imgs_part_1` to `_3` (each may hold a folder of its own name), in `images`, or beside the metadata.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .row import Row, folders, known, locate, number, sex, skin_type
from .settings import Source
from .tables import table

LICENCE = "CC BY 4.0"
_COLUMNS = ("patient_id", "lesion_id", "diagnostic", "img_id")


def read(source: Source) -> Iterator[Row]:
    """All rows, in the order of the file. Grouped by patient, since some have many lesions."""
    root = Path(source.folder)
    parts = [f"imgs_part_{part}" for part in (1, 2, 3)]
    nested = [name for part in parts for name in (part, f"{part}/{part}")]
    places = folders(root, *nested, *(f"images/{part}" for part in parts), "images")
    for row in table(root, ("metadata.csv",), _COLUMNS):
        yield Row(
            id=row["img_id"].rpartition(".")[0] or row["img_id"],
            image=locate(places, row["img_id"]),
            label=row["diagnostic"],
            licence=source.licence or LICENCE,
            patient=row["patient_id"],
            lesion=row["lesion_id"],
            site=known(row.get("region", "")),
            age=number(row.get("age", "")),
            sex=sex(row.get("gender", "")),
            fitzpatrick=skin_type(row.get("fitspatrick", "")),
        )
