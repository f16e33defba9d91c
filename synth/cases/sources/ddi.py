"""DDI, Diverse Dermatology Images (Daneshjou et al. 2022, doi 10.1126/sciadv.abq6147): clinical, proved by histology.

`ddi_metadata.csv` with DDI_file, skin_tone, malignant, disease; images in `images` or beside the table. Skin tone is a
pair of Fitzpatrick types (12, 34, 56): the case keeps it as a group and has no single type. `malignant` counts in situ
disease as malignant and everything else, inflammation too, as its opposite: it is none of our four conditions.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .row import Row, folders, locate, skin_group
from .settings import Source
from .tables import table

LICENCE = "research use only (agreement of the Stanford AIMI center)"


def read(source: Source) -> Iterator[Row]:
    """All rows, in the order of the file. Patients are not published."""
    root = Path(source.folder)
    places = folders(root, "images")
    for row in table(root, ("ddi_metadata.csv",), ("DDI_file", "skin_tone", "disease")):
        yield Row(
            id=Path(row["DDI_file"]).stem,
            image=locate(places, row["DDI_file"]),
            label=row["disease"],
            licence=source.licence or LICENCE,
            fitzpatrick_group=skin_group(row["skin_tone"]),
        )
