"""ISIC 2019 challenge, training part: dermoscopy gathered from HAM10000, BCN_20000 and MSK.

`ISIC_2019_Training_GroundTruth.csv` with image and one column for each class (MEL, NV, BCC, AK, BKL, DF, VASC, SCC,
UNK; exactly one is 1), `ISIC_2019_Training_Metadata.csv` with image, age_approx, anatom_site_general, lesion_id, sex;
images `<image>.jpg` in ISIC_2019_Training_Input (which may hold a folder of its own name). HAM10000 and BCN20000 lie
in it under the same lesion ids, so these three share their groups (`SHARED` in the package).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kg_service.core.errors import RecordInvalid

from .row import Row, folders, known, locate, number, sex
from .settings import Source
from .tables import table

LICENCE = "CC BY-NC 4.0"
CLASSES = ("MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC")
_INPUT = "ISIC_2019_Training_Input"


def read(source: Source) -> Iterator[Row]:
    """All rows, in the order of the ground truth. No patients are published.

    Raises:
        RecordInvalid: a row of the ground truth has no class or two.
    """
    root = Path(source.folder)
    columns = ("image", "age_approx", "anatom_site_general", "lesion_id", "sex")
    about = {row["image"]: row for row in table(root, ("ISIC_2019_Training_Metadata.csv",), columns)}
    places = folders(root, _INPUT, f"{_INPUT}/{_INPUT}", "images")
    for row in table(root, ("ISIC_2019_Training_GroundTruth.csv",), ("image", *CLASSES)):
        labels = [name for name in (*CLASSES, "UNK") if number(row.get(name, "")) == 1]
        if len(labels) != 1:
            raise RecordInvalid(
                f"{root}/ISIC_2019_Training_GroundTruth.csv: {row['image']} has {' and '.join(labels) or 'no class'}; "
                "exactly one column must be 1. Fetch the file again"
            )
        more = about.get(row["image"], {})
        yield Row(
            id=row["image"],
            image=locate(places, row["image"]),
            label=labels[0],
            licence=source.licence or LICENCE,
            lesion=more.get("lesion_id", ""),
            site=known(more.get("anatom_site_general", "")),
            age=number(more.get("age_approx", "")),
            sex=sex(more.get("sex", "")),
        )
