"""SkinCon (Daneshjou et al. 2022): 48 clinical concepts, noted by dermatologists on images of Fitzpatrick 17k and DDI.

`annotations_fitzpatrick17k.csv` beside that dataset's own files, or `annotations_ddi.csv` beside DDI's, or both in one
folder: ImageID, a 0/1 column for each concept, and "Do not consider this image". A 1 is a sign seen. A 0 is taken for
silence: nobody said that the sign was looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from kg_service.core.case import Finding
from kg_service.core.errors import ConfigInvalid

from . import ddi, fitzpatrick17k
from .row import Row, number
from .settings import Source
from .tables import table

_UNUSABLE = "Do not consider this image"
_BASES: dict[str, tuple[str, Callable[[Source], Iterator[Row]]]] = {
    "annotations_fitzpatrick17k.csv": ("fitzpatrick17k", fitzpatrick17k.read),
    "annotations_ddi.csv": ("ddi", ddi.read),
}


def read(source: Source) -> Iterator[Row]:
    """The annotated images, in the order of the underlying dataset, with their concepts as findings.

    Raises:
        ConfigInvalid: the folder holds neither file of annotations.
    """
    root = Path(source.folder)
    files = [name for name in _BASES if (root / name).is_file()]
    if not files:
        raise ConfigInvalid(f"{root} holds none of {', '.join(_BASES)}; point source.folder at the annotations")
    for name in files:
        dataset, base = _BASES[name]
        notes = {Path(row["ImageID"]).stem: row for row in table(root, (name,), ("ImageID", _UNUSABLE))}
        for row in base(source):
            if note := notes.get(row.id):
                unusable = number(note[_UNUSABLE]) == 1
                yield replace(
                    row,
                    dataset=dataset,
                    findings=_findings(note),
                    left_out=row.left_out or ("the annotators would not consider it" if unusable else ""),
                )


def _findings(note: dict[str, str]) -> tuple[Finding, ...]:
    """The concepts of one row, under the names that the table gives them, in its order."""
    skipped = {"", "ImageID", _UNUSABLE}
    return tuple(Finding(name, True) for name, mark in note.items() if name not in skipped and number(mark) == 1)
