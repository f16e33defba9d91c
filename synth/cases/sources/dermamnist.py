"""DermaMNIST (Yang et al. 2023, doi 10.1038/s41597-022-01721-8): HAM10000 in small squares, in one archive.

`dermamnist.npz` (or `dermamnist_64.npz` and so on) with train_images, train_labels, val_ and test_. The images are
written into the run directory as PNG. Its splits divide lesions of HAM10000, and it does not say which.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from kg_service.core.errors import ConfigInvalid, RecordInvalid

from .row import Row
from .settings import Source

LICENCE = "CC BY-NC 4.0"
LABELS = (
    "actinic keratoses and intraepithelial carcinoma",
    "basal cell carcinoma",
    "benign keratosis-like lesions",
    "dermatofibroma",
    "melanoma",
    "melanocytic nevi",
    "vascular lesions",
)


def read(source: Source) -> Iterator[Row]:
    """All images: train, val, test, each in the order of the archive.

    Raises:
        ConfigInvalid: no archive in the folder, or several.
        RecordInvalid: it lacks an array, or one has another shape than published.
    """
    found = sorted(Path(source.folder).glob("dermamnist*.npz"))
    if len(found) != 1:
        raise ConfigInvalid(f"{source.folder} must hold one dermamnist*.npz, and holds {len(found)}")
    try:
        with np.load(found[0], allow_pickle=False) as archive:
            parts = [(name, archive[f"{name}_images"], archive[f"{name}_labels"]) for name in ("train", "val", "test")]
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise RecordInvalid(f"{found[0]} is not DermaMNIST's archive ({error}); fetch it again") from error
    for split, images, labels in parts:
        labels = labels.reshape(-1)
        if images.ndim != 4 or images.shape[-1] != 3 or images.dtype != np.uint8 or len(images) != len(labels):
            raise RecordInvalid(f"{found[0]}: {split}_images has the shape {images.shape}, not (n, size, size, 3)")
        if labels.dtype.kind not in "iu":
            raise RecordInvalid(f"{found[0]}: {split}_labels holds {labels.dtype}, not whole numbers")
        for place, (pixels, label) in enumerate(zip(images, labels, strict=True)):
            if not 0 <= label < len(LABELS):
                raise RecordInvalid(f"{found[0]}: {split}_labels[{place}] is {label}; there are {len(LABELS)} classes")
            yield Row(
                id=f"{split}-{place:05d}",
                image=Path(f"{found[0].stem}-{split}-{place:05d}.png"),
                label=LABELS[int(label)],
                licence=source.licence or LICENCE,
                split=split,
                pixels=partial(Image.fromarray, pixels),
            )
