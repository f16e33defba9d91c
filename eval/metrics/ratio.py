"""Ratio: a metric as two columns of numbers, one row for each item."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Row = TypeVar("Row")


@dataclass(frozen=True)
class Ratio:
    """One metric's columns, both of shape (n,) or (n, k). `share` says that it lies between 0 and 1 for every item:
    where it is 0 or 1 for all of them, Wilson's interval still bounds what others would show.

    Its value is the mean over k of sum(numerator) / sum(denominator). In this form any resampling of patients is two
    matrix products (`intervals`). A column of zeros in a denominator is unscored and left out.
    """

    numerator: Floats
    denominator: Floats
    share: bool = True

    @property
    def columns(self) -> tuple[Floats, Floats]:
        """Both columns as (n, k)."""
        count = len(self.numerator)
        return self.numerator.reshape(count, -1), self.denominator.reshape(count, -1)

    def where(self, kept: Floats) -> Ratio:
        """The same over some items alone. The others keep their places and are unscored.

        Args:
            kept: 1 for an item that counts, 0 for another, shape (n,).
        """
        mask = kept if self.numerator.ndim == 1 else kept[:, None]
        return Ratio(self.numerator * mask, self.denominator * mask, self.share)


def column(rows: Iterable[Row], read: Callable[[Row], float]) -> Floats:
    return np.array([read(row) for row in rows], dtype=np.float64)
