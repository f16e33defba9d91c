"""What needs no resampling: Wilson's interval, the exact McNemar test, Holm's step-down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from kg_service.core.errors import RequestInvalid

from .interval import LEVEL


@dataclass(frozen=True, slots=True)
class McNemar:
    """Exact test on pairs of right and wrong: `only_a` and `only_b` count the cases that just one model got right."""

    only_a: int
    only_b: int
    p: float


def mcnemar(a: Sequence[bool], b: Sequence[bool]) -> McNemar:
    """Exact McNemar test on n pairs. It takes the cases as independent; with groups, trust the bootstrap instead."""
    from scipy.stats import binomtest

    if len(a) != len(b):
        raise RequestInvalid(f"a paired test needs pairs, not {len(a)} and {len(b)} cases")
    only_a = sum(x and not y for x, y in zip(a, b, strict=True))
    only_b = sum(y and not x for x, y in zip(a, b, strict=True))
    either = only_a + only_b
    p = float(binomtest(min(only_a, only_b), either, 0.5).pvalue) if either else 1.0
    return McNemar(only_a, only_b, p)


def wilson(share: float, count: int) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share of `count` independent units."""
    if count == 0:
        return float("nan"), float("nan")
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    # At the ends rounding would leave the share itself outside.
    return float(middle - half) if share > 0 else 0.0, float(middle + half) if share < 1 else 1.0


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """p-values of a whole table of comparisons, adjusted (Holm 1979).

    Calling those under 0.05 real is then wrong anywhere in the table at most one time in twenty.
    """
    found: dict[str, float] = {}
    largest = 0.0
    for place, name in enumerate(sorted(p, key=lambda one: p[one])):
        largest = max(largest, min(1.0, (len(p) - place) * p[name]))
        found[name] = largest
    return {name: found[name] for name in p}
