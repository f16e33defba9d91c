"""Datasets -> rows of one shape. The only place that knows a dataset's files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from . import ham10000, pad_ufes_20
from .row import Row

READERS: dict[str, Callable[[Path], Iterable[Row]]] = {
    "ham10000": ham10000.read,
    "pad-ufes-20": pad_ufes_20.read,
}

__all__ = ["READERS", "Row"]
