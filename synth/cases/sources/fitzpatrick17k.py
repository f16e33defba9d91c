"""Fitzpatrick 17k (Groh et al. 2021, arXiv 2104.09957): clinical images of two atlases with skin types.

`fitzpatrick17k.csv` with md5hash, fitzpatrick_scale (1 to 6, or -1), label, qc; images `<md5hash>.jpg` in
`data/finalfitz17k`, `images`, or beside the table. The partition columns are about the label, not about the image, and
count actinic keratosis as malignant: they are not taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .row import Row, folders, locate, skin_type
from .settings import Source
from .tables import table

LICENCE = "CC BY-NC-SA 3.0"
_PLACES = ("data/finalfitz17k", "finalfitz17k", "images", "fitzpatrick17k_images")


def read(source: Source) -> Iterator[Row]:
    """All rows, in the order of the file. A row that the authors' check found wrongly labelled is left out."""
    root = Path(source.folder)
    places = folders(root, *_PLACES)
    for row in table(root, ("fitzpatrick17k.csv",), ("md5hash", "label")):
        yield Row(
            id=row["md5hash"],
            image=locate(places, row["md5hash"]),
            label=row["label"],
            licence=source.licence or LICENCE,
            fitzpatrick=skin_type(row.get("fitzpatrick_scale") or row.get("fitzpatrick", "")),
            left_out="the dataset calls it wrongly labelled" if "wrongly" in row.get("qc", "").lower() else "",
        )
