"""BCN20000 (Combalia et al. 2019, arXiv 1908.02288): dermoscopy from the Hospital Clínic de Barcelona.

`bcn_20k_train.csv` with bcn_filename, age_approx, anatom_site_general, diagnosis, lesion_id, capture_date, sex, split;
images in `BCN_20k_train/bcn_20k_train`, `bcn_20k_train` or `images`. The diagnoses are ISIC 2019's codes. The test part
is published without diagnoses and not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .row import Row, folders, known, locate, number, own_split, sex
from .settings import Source
from .tables import table

LICENCE = "CC BY-NC 4.0"
_COLUMNS = ("bcn_filename", "diagnosis", "lesion_id")


def read(source: Source) -> Iterator[Row]:
    """All rows of the training part, in the order of the file, grouped by lesion."""
    root = Path(source.folder)
    places = folders(root, "BCN_20k_train/bcn_20k_train", "BCN_20k_train", "bcn_20k_train", "images")
    for row in table(root, ("bcn_20k_train.csv", "BCN_20k_train.csv"), _COLUMNS):
        yield Row(
            id=Path(row["bcn_filename"]).stem,
            image=locate(places, row["bcn_filename"]),
            label=row["diagnosis"],
            licence=source.licence or LICENCE,
            lesion=row["lesion_id"],
            site=known(row.get("anatom_site_general", "")),
            age=number(row.get("age_approx", "")),
            sex=sex(row.get("sex", "")),
            split=own_split(row.get("split", "")),
            dataset="isic2019",
        )
