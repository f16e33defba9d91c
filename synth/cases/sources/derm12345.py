"""DERM12345 (Yilmaz et al. 2024, Scientific Data): dermoscopy with 40 subclasses, from Türkiye.

`derm12345_metadata_train.csv` and `_test.csv` with image_id, split, label (a code of the 40), patient_id and lesion_id
where the copy has them; images `<image_id>.jpg` below `derm12345_train_part_1`, `_2` and `derm12345_test`, there in a
folder for each label or not. Its malignancy column calls actinic keratosis and cutaneous horn malignant: it is
not taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .row import Row, folders, known, locate, number, own_split, sex
from .settings import Source
from .tables import table

LICENCE = "as stated by DERM12345"
_PLACES = ("derm12345_train_part_1", "derm12345_train_part_2", "derm12345_test", "images")


def read(source: Source) -> Iterator[Row]:
    """All rows of the training and test tables, in their order."""
    root = Path(source.folder)
    for part in ("train", "test"):
        name = f"derm12345_metadata_{part}.csv"
        if part == "test" and not (root / name).is_file():
            continue
        for row in table(root, (name,), ("image_id", "label")):
            places = folders(root, *(f"{place}/{row['label']}" for place in _PLACES), *_PLACES)
            yield Row(
                id=row["image_id"],
                image=locate(places, row["image_id"]),
                label=row["label"],
                licence=row.get("copyright_license") or source.licence or LICENCE,
                patient=row.get("patient_id", ""),
                lesion=row.get("lesion_id", ""),
                site=known(row.get("anatom_site_general", "")),
                age=number(row.get("age_approx", "")),
                sex=sex(row.get("sex", "")),
                split=own_split(row.get("split", "") or part),
            )
