"""A plain CSV with one row for each image; `source.columns` says what its columns are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kg_service.core.concept import Condition
from kg_service.core.errors import ConfigInvalid, RecordInvalid

from .row import Row, folders, known, locate, named, number, own_split, sex, skin_group, skin_type
from .settings import Source
from .tables import table


def read(source: Source) -> Iterator[Row]:
    """All rows, in the order of the file. Image paths are relative to the folder, or file names in its `images`.

    Raises:
        ConfigInvalid: `source.file` is empty and the folder does not hold exactly one CSV.
        RecordInvalid: a row names no image, or one outside the folder, or a condition is none of the four.
    """
    root = Path(source.folder)
    names = [source.file] if source.file else [path.name for path in sorted(root.glob("*.csv"))]
    if len(names) != 1:
        raise ConfigInvalid(f"{root} holds {len(names)} CSV files; name one with source.file")
    places = folders(root, "images")[::-1]
    for row in table(root, names, tuple(source.columns.values())):
        have = {ours: row[theirs] for ours, theirs in source.columns.items()}
        skin = have.get("fitzpatrick", "")
        if not Path(have["image"]).name:
            raise RecordInvalid(f"{names[0]}: a row of the label {have['label'][:80]!r} names no image")
        yield Row(
            id=have.get("id") or Path(have["image"]).with_suffix("").as_posix().replace("/", "_"),
            image=locate(places, have["image"]),
            label=have["label"],
            licence=have.get("licence") or source.licence,
            patient=named(have.get("patient", "")),
            lesion=named(have.get("lesion", "")),
            site=known(have.get("site", "")),
            age=number(have.get("age", "")),
            sex=sex(have.get("sex", "")),
            fitzpatrick=skin_type(skin),
            fitzpatrick_group=skin_group(skin),
            condition=_condition(have.get("condition", ""), names[0]),
            split=own_split(have.get("split", "")),
        )


def _condition(text: str, file: str) -> Condition | None:
    try:
        return Condition(text.lower()) if text else None
    except ValueError:
        raise RecordInvalid(f"{file}: the condition {text!r} is none of {', '.join(Condition)}") from None
