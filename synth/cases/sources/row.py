"""The shape every reader gives its rows, and the few words that all datasets write each in their own way."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from kg_service.core.case import Finding
from kg_service.core.concept import Condition
from kg_service.core.errors import RecordInvalid

IMAGES = (".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG", ".webp", ".bmp", ".tif", ".tiff")
_LONGEST = 240  # bytes of a file's name; with another ending it still fits
_ROMAN = ("I", "II", "III", "IV", "V", "VI")
_SPLITS = {"training": "train", "valid": "val", "validation": "val", "testing": "test"}


@dataclass(frozen=True, slots=True)
class Row:
    """One image of a dataset as its files state it. `image` is where the file should be; it may be missing.

    `findings` name a feature by its id or by any of its labels. `condition` is set only where the dataset states one of
    our four for this very image. `split` is the dataset's own: train, val, test. `dataset` is whose crosswalk reads the
    label, where that is not the source's own. `left_out` says why the dataset itself gives this row no diagnosis.
    `pixels` draws the image of a dataset that keeps all of them in one archive; `image` is then a bare file name.
    """

    id: str
    image: Path
    label: str
    licence: str
    patient: str = ""
    lesion: str = ""
    site: str = ""
    age: float | None = None
    sex: str = ""
    fitzpatrick: int | None = None
    fitzpatrick_group: str = ""
    findings: tuple[Finding, ...] = ()
    condition: Condition | None = None
    split: str = ""
    dataset: str = ""
    left_out: str = ""
    pixels: Callable[[], Image.Image] | None = None

    @property
    def group(self) -> str:
        """What must not be divided over splits: the patient, else the lesion, else the image (as `Case.group`)."""
        return self.patient or self.lesion or self.id


def folders(root: Path, *names: str) -> list[Path]:
    """Those of the named folders that exist, the root last: small copies keep images beside the metadata."""
    return [found for name in names if (found := root / name).is_dir()] + [root]


def locate(places: Sequence[Path], name: str) -> Path:
    """The image file of a row: the first that exists, else the first place it should have been.

    Args:
        places: folders to look into, in order.
        name: the file's name, with or without an ending; another ending is tried where the stated one is absent.

    Raises:
        RecordInvalid: see `inside`.
    """
    name = inside(name)
    stated = Path(name).suffix in IMAGES
    stem = name[: -len(Path(name).suffix)] if stated else name
    tried = (*((Path(name).suffix,) if stated else ()), *IMAGES)
    found = [place / f"{stem}{ending}" for place in places for ending in tried]
    return next((path for path in found if path.is_file()), found[0])


def inside(name: str) -> str:
    """The name of a file as a table states it, where it is one below the dataset's folder.

    A table may come from anywhere, and images may be sent to a model: no other file of this machine is read.

    Raises:
        RecordInvalid: it leads out of the folder, or no file can be called so.
    """
    path = Path(name)
    if path.is_absolute() or ".." in path.parts:
        raise RecordInvalid(f"the image {name[:200]!r} does not lie below the dataset's folder; name it from there")
    if "\0" in name or any(len(part.encode()) > _LONGEST for part in path.parts):
        raise RecordInvalid(f"no image file can be called {name[:200]!r}; fetch the table again")
    return name


def number(text: str) -> float | None:
    """A number, or None for the datasets' ways to say that it is not known."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def known(text: str) -> str:
    """The text in small letters, or nothing where it only says that nothing is known."""
    text = text.strip().lower()
    return "" if text in {"unknown", "n/a", "na", "nan", "none", "unk", "other_or_unspecified"} else text


def named(text: str) -> str:
    """The text as it stands, or nothing where it only says that nothing is known: no two such rows are one patient."""
    return text if known(text) else ""


def sex(text: str) -> str:
    """`female`, `male` or nothing."""
    return {"f": "female", "female": "female", "m": "male", "male": "male"}.get(known(text), "")


def own_split(text: str) -> str:
    """The dataset's own split under one of three names: train, val, test; another name stays as it is."""
    text = text.strip().lower()
    return _SPLITS.get(text, text)


def skin_type(text: str) -> int | None:
    """Fitzpatrick's type 1 to 6 from `3`, `3.0`, `III`, `FST3` or `iii some words`; anything else (-1, 0) is None."""
    value = number(text)
    if value is not None:
        return int(value) if value in range(1, 7) else None
    match = re.match(r"(?:type |fst ?)?(?:([1-6])|(iii|ii|iv|i|vi|v))\b", text.strip(), re.IGNORECASE)
    if not match:
        return None
    return int(match[1]) if match[1] else _ROMAN.index(match[2].upper()) + 1


def skin_group(text: str) -> str:
    """A pair of neighbouring types as a dataset states it (`12`, `34`, `56`, `1-2`) -> `I-II`, `III-IV`, `V-VI`."""
    digits = re.sub(r"\D", "", text.removesuffix(".0"))
    return {"12": "I-II", "34": "III-IV", "56": "V-VI"}.get(digits, "")
