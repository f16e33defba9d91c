"""MRA-MIDAS (Chiou et al. 2025): clinical and dermoscopic images of the same lesions, diagnosed by histology.

`release_midas.xlsx` (or `.csv`) with midas_record_id, midas_file_name, midas_distance (6in, 1ft, dscope),
midas_location, midas_path (the pathologist's class), midas_gender, midas_age, midas_fitzpatrick; images in `images` or
beside the table, some with another ending than stated. The word in front of a class is not taken for the condition: it
calls actinic keratosis malignant.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .row import Row, folders, known, locate, number, sex, skin_type
from .settings import Source
from .tables import table

LICENCE = "research use only (agreement of the Stanford AIMI center)"
_COLUMNS = ("midas_record_id", "midas_file_name", "midas_path")


def read(source: Source) -> Iterator[Row]:
    """A row for each image of the wanted view, in the order of the file, grouped by record, which is a patient.

    An image without histology, a control's for example, is left out.
    """
    root = Path(source.folder)
    places = folders(root, "images", "midasmultimodalimagedatasetforaibasedskincancer")
    for row in table(root, ("release_midas.xlsx", "release_midas.csv"), _COLUMNS):
        if source.view != "both" and (row.get("midas_distance") == "dscope") != (source.view == "dermoscopic"):
            continue
        label = known(row["midas_path"])
        yield Row(
            id=row["midas_file_name"],
            image=locate(places, row["midas_file_name"]),
            label=row["midas_path"],
            licence=source.licence or LICENCE,
            patient=row["midas_record_id"],
            site=known(row.get("midas_location", "")),
            age=number(row.get("midas_age", "")),
            sex=sex(row.get("midas_gender", "")),
            fitzpatrick=skin_type(row.get("midas_fitzpatrick", "")),
            left_out="" if label else "there is no histology",
        )
