"""How sure one may be: cluster bootstrap, paired differences, exact McNemar, the smallest difference one could see.

Groups (patients or lesions) are drawn with replacement, never single images: two images of one lesion are not two
pieces of evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kg_service.core.errors import RequestInvalid

Floats = NDArray[np.float64]

# Rows of the resampling matrix held at once; with 5,000 groups one block takes 10 MB.
_BLOCK = 256
_LEVEL = 0.95
_POWER = 0.8


class Columns(Protocol):
    """What `metrics.Ratio` is: see there."""

    @property
    def share(self) -> bool: ...
    @property
    def columns(self) -> tuple[Floats, Floats]: ...


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its 95 % interval, all NaN where nothing was scored. `groups` counts the independent units."""

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


@dataclass(frozen=True, slots=True)
class McNemar:
    """Exact test on pairs of right and wrong: `only_a` and `only_b` count the cases that just one model got right."""

    only_a: int
    only_b: int
    p: float


def none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def bootstrap(
    ratios: Mapping[str, Columns], groups: Sequence[str], *, resamples: int, seed: int
) -> dict[str, Interval]:
    """Every metric's value and percentile interval.

    Args:
        ratios: the metrics' columns over n items.
        groups: the unit each item belongs to, shape (n,).

    A share that is 0 or 1 in every group has no spread to resample; it gets Wilson's interval over the groups.
    """
    table = _Table(ratios, groups)
    drawn = table.replicates(resamples, seed)
    found: dict[str, Interval] = {}
    for name, ratio in ratios.items():
        value, low, high = table.value(name), *_percentiles(drawn[name])
        if ratio.share and value in (0.0, 1.0):
            count = table.scored_groups(name)
            low, high = wilson(value, count)
        found[name] = Interval(value, low, high, table.scored_groups(name))
    return found


def paired(
    a: Mapping[str, Columns], b: Mapping[str, Columns], groups: Sequence[str], *, resamples: int, seed: int
) -> dict[str, Difference]:
    """`a` minus `b` for every metric both have. Items of `a`, `b` and `groups` correspond one to one.

    Both models are resampled with the same draws, so that what a case has in common for both cancels out.
    """
    left, right = _Table(a, groups), _Table(b, groups)
    drawn_left, drawn_right = left.replicates(resamples, seed), right.replicates(resamples, seed)
    count = left.count
    found: dict[str, Difference] = {}
    for name in a:
        if name not in b:
            continue
        differences = drawn_left[name] - drawn_right[name]
        low, high = _percentiles(differences)
        found[name] = Difference(left.value(name) - right.value(name), low, high, _detectable(differences, count))
    return found


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
    z = NormalDist().inv_cdf((1 + _LEVEL) / 2)
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def _detectable(differences: Floats, groups: int) -> float:
    kept = differences[~np.isnan(differences)]
    if not kept.size:
        return float("nan")
    normal = NormalDist()
    spread = (normal.inv_cdf((1 + _LEVEL) / 2) + normal.inv_cdf(_POWER)) * float(kept.std())
    # Where no group differs from another, a difference in so few groups that none was drawn would go unseen.
    return max(spread, 1 - (1 - _POWER) ** (1 / groups))


def _percentiles(drawn: Floats) -> tuple[float, float]:
    kept = drawn[~np.isnan(drawn)]
    if not kept.size:
        return float("nan"), float("nan")
    low, high = np.quantile(kept, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return float(low), float(high)


class _Table:
    """All columns of all metrics summed within groups, so that a resampling is one matrix product."""

    def __init__(self, ratios: Mapping[str, Columns], groups: Sequence[str]) -> None:
        names, member = np.unique(np.array(groups, dtype=object).astype(str), return_inverse=True)
        self.count = len(names)
        blocks: list[Floats] = []
        self._at: dict[str, tuple[slice, slice]] = {}
        place = 0
        for name, ratio in ratios.items():
            top, bottom = ratio.columns
            width = top.shape[1]
            blocks += [top, bottom]
            self._at[name] = (slice(place, place + width), slice(place + width, place + 2 * width))
            place += 2 * width
        columns = np.concatenate(blocks, axis=1)
        self._sums = np.zeros((self.count, columns.shape[1]))
        np.add.at(self._sums, member, columns)

    def value(self, name: str) -> float:
        return float(self._ratio(self._sums.sum(axis=0, keepdims=True), name)[0])

    def scored_groups(self, name: str) -> int:
        return int((self._sums[:, self._at[name][1]].sum(axis=1) > 0).sum())

    def replicates(self, resamples: int, seed: int) -> dict[str, Floats]:
        """For every metric its values over the resamples, shape (resamples,). The same seed, the same draws."""
        rng = np.random.default_rng(seed)
        even = np.full(self.count, 1 / self.count)
        sums: list[Floats] = []
        for first in range(0, resamples, _BLOCK):
            weights = rng.multinomial(self.count, even, size=min(_BLOCK, resamples - first)).astype(np.float64)
            sums.append(weights @ self._sums)
        drawn = np.concatenate(sums) if sums else np.zeros((0, self._sums.shape[1]))
        return {name: self._ratio(drawn, name) for name in self._at}

    def _ratio(self, sums: Floats, name: str) -> Floats:
        top, bottom = (sums[:, at] for at in self._at[name])
        scored = bottom > 0
        each = np.divide(top, bottom, out=np.zeros_like(top), where=scored)
        counted = scored.sum(axis=1)
        return np.divide(each.sum(axis=1), counted, out=np.full(len(sums), np.nan), where=counted > 0)
