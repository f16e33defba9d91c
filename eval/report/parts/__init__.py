"""The parts of a report, in reading order, one module each: `part(view)` is None where there is nothing to show."""

from __future__ import annotations

from collections.abc import Callable

from ..part import Part, View
from . import (
    choice,
    confusion,
    differences,
    fairness,
    levels,
    malformed,
    malignancy,
    models,
    outcomes,
    pairs,
    reliance,
    selective,
    sources,
    training,
)

PARTS: tuple[Callable[[View], Part | None], ...] = (
    models.part,
    differences.part,
    outcomes.part,
    levels.part,
    confusion.part,
    malignancy.part,
    selective.part,
    choice.part,
    pairs.part,
    reliance.part,
    fairness.part,
    malformed.part,
    training.part,
    sources.part,
)
