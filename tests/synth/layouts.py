"""Small copies of the published layouts of datasets."""

from __future__ import annotations

import csv
import os
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image

SHARED_DATA = Path(os.environ.get("SKIN_R1_SHARED", Path(__file__).resolve().parents[3] / "shared" / "data"))


def drawn(name: str, size: tuple[int, int] = (64, 48)) -> Image.Image:
    """A picture of large spots that no other name has."""
    chance = random.Random(name)
    spots = Image.new("RGB", (8, 6))
    spots.putdata([tuple(chance.randrange(80, 256) for _ in range(3)) for _ in range(48)])
    return spots.resize(size, Image.Resampling.BICUBIC)


def picture(path: Path, name: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn(name or path.stem).save(path)


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(header)
        out.writerows(rows)


def ham(folder: Path, rows: Iterable[tuple[str, str, str]]) -> Path:
    """HAM10000 from (image, lesion, dx)."""
    made = []
    for place, (image, lesion, dx) in enumerate(rows):
        made.append([lesion, image, dx, "histo", "45.0" if place else "", "male", "back" if place else "unknown"])
        picture(folder / f"HAM10000_images_part_{1 + place % 2}" / f"{image}.jpg")
    header = ["lesion_id", "image_id", "dx", "dx_type", "age", "sex", "localization"]
    write_csv(folder / "HAM10000_metadata.csv", header, made)
    return folder


def pad(folder: Path, rows: Iterable[tuple[str, str, str]]) -> Path:
    """PAD-UFES-20 from (patient, lesion, diagnosis)."""
    made = []
    for place, (patient, lesion, label) in enumerate(rows):
        name = f"{patient}_{lesion}_{place}.png"
        made.append([patient, lesion, 61, "FEMALE", "2.0" if place else "", "FOREARM", label, name])
        picture(folder / f"imgs_part_{1 + place % 3}" / name)
    header = ["patient_id", "lesion_id", "age", "gender", "fitspatrick", "region", "diagnostic", "img_id"]
    write_csv(folder / "metadata.csv", header, made)
    return folder
