"""Datasets -> rows of one shape. The only place that knows a dataset's files."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from . import (
    bcn20000,
    ddi,
    derm7pt,
    derm12345,
    dermamnist,
    fitzpatrick17k,
    folder,
    ham10000,
    isic2019,
    midas,
    omnimedvqa,
    pad_ufes_20,
    plain,
    scin,
    skincon,
)
from .row import Row
from .settings import Source

READERS: dict[str, Callable[[Source], Iterable[Row]]] = {
    "ham10000": ham10000.read,
    "pad-ufes-20": pad_ufes_20.read,
    "isic2019": isic2019.read,
    "bcn20000": bcn20000.read,
    "derm7pt": derm7pt.read,
    "fitzpatrick17k": fitzpatrick17k.read,
    "ddi": ddi.read,
    "skincon": skincon.read,
    "dermnet": folder.read,
    "derm12345": derm12345.read,
    "scin": scin.read,
    "midas": midas.read,
    "omnimedvqa": omnimedvqa.read,
    "dermamnist": dermamnist.read,
    "csv": plain.read,
    "folder": folder.read,
}

# Layout -> the name under which the crosswalks know the dataset, where that is another.
CROSSWALKS = {"dermnet": "dermnet23", "midas": "mra-midas"}

# Datasets that name lesions alike, since one holds images of the others.
SHARED = {"ham10000": "isic", "isic2019": "isic", "bcn20000": "isic"}

__all__ = ["CROSSWALKS", "READERS", "SHARED", "Row"]
