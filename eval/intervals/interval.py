"""A value and a difference, each with its 95 % interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

LEVEL = 0.95
POWER = 0.8


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its 95 % interval; all NaN where nothing was scored, the interval where one group says nothing of
    others. `groups` counts the independent units."""

    value: float
    low: float
    high: float
    groups: int

    def as_json(self) -> dict[str, Any]:
        """For a JSON file, where "not a number" is null."""
        return {"value": none(self.value), "ci": [none(self.low), none(self.high)], "groups": self.groups}


@dataclass(frozen=True, slots=True)
class Difference:
    """`a` minus `b` on the same cases, with its 95 % interval.

    `detectable` is the smallest true difference that a comparison of this size finds with a power of 80 %.
    """

    value: float
    low: float
    high: float
    detectable: float

    @property
    def verdict(self) -> str:
        """Higher, lower or open, by whether the interval lies beside 0."""
        if self.low > 0:
            return "higher"
        return "lower" if self.high < 0 else "open"

    def as_json(self) -> dict[str, Any]:
        """For a JSON file."""
        return {
            "diff": none(self.value),
            "ci": [none(self.low), none(self.high)],
            "detectable": none(self.detectable),
            "verdict": self.verdict,
        }


class Spread(Protocol):
    """A value with its 95 % interval: `Interval` and `Difference` are."""

    @property
    def value(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


def none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
