"""The cluster bootstrap. Whatever is a function of sums over items is resampled by one matrix product."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import NormalDist
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .exact import wilson
from .interval import LEVEL, POWER, Difference, Interval

Floats = NDArray[np.float64]

# Sums of columns, shape (m, k), to the m values of one statistic or of q of them, shape (m,) or (m, q).
Statistic = Callable[[Floats], Floats]

# Rows of the resampling matrix held at once; with 5,000 groups one block takes 10 MB.
_BLOCK = 256


class Columns(Protocol):
    """What `metrics.Ratio` is: see there."""

    @property
    def share(self) -> bool: ...
    @property
    def columns(self) -> tuple[Floats, Floats]: ...


def bootstrap(
    ratios: Mapping[str, Columns], groups: Sequence[str], *, resamples: int, seed: int
) -> dict[str, Interval]:
    """Every metric's value and percentile interval.

    Args:
        ratios: the metrics' columns over n items.
        groups: the unit each item belongs to, shape (n,).
    """
    table = _Table(ratios, groups)
    drawn = table.replicates(resamples, seed)
    found: dict[str, Interval] = {}
    for name, ratio in ratios.items():
        found[name] = interval(table.value(name), drawn[name], table.scored_groups(name), share=ratio.share)
    return found


def paired(
    a: Mapping[str, Columns], b: Mapping[str, Columns], groups: Sequence[str], *, resamples: int, seed: int
) -> dict[str, Difference]:
    """`a` minus `b` for every metric both have. Items of `a`, `b` and `groups` correspond one to one.

    Both models are resampled with the same draws, so that what a case has in common for both cancels out.
    """
    left, right = _Table(a, groups), _Table(b, groups)
    drawn_left, drawn_right = left.replicates(resamples, seed), right.replicates(resamples, seed)
    return {
        name: difference(left.value(name) - right.value(name), drawn_left[name] - drawn_right[name], left.count)
        for name in a
        if name in b
    }


def of_sums(
    columns: Floats, groups: Sequence[str], statistic: Statistic, *, resamples: int, seed: int
) -> list[Interval]:
    """Values and intervals of q statistics that are no ratios of sums, but functions of sums all the same.

    Args:
        columns: shape (n, k). An item counts towards the independent units where any of its columns is not 0.
        statistic: see `Statistic`; NaN where it is not defined.
    """
    sums = _by_group(columns, groups)
    count = int((sums != 0).any(axis=1).sum())
    values, drawn = _both(sums, statistic, resamples, seed)
    return [interval(float(values[k]), drawn[:, k], count) for k in range(len(values))]


def differing(
    columns: Floats, groups: Sequence[str], statistic: Statistic, *, resamples: int, seed: int
) -> list[Difference]:
    """`of_sums` for statistics that are themselves differences on the same items."""
    sums = _by_group(columns, groups)
    values, drawn = _both(sums, statistic, resamples, seed)
    return [difference(float(values[k]), drawn[:, k], len(sums)) for k in range(len(values))]


def _both(sums: Floats, statistic: Statistic, resamples: int, seed: int) -> tuple[Floats, Floats]:
    values = statistic(sums.sum(axis=0, keepdims=True)).reshape(-1)
    drawn = [statistic(part).reshape(len(part), -1) for part in _resampled(sums, resamples, seed)]
    return values, np.concatenate(drawn) if drawn else np.zeros((0, len(values)))


def _by_group(columns: Floats, groups: Sequence[str]) -> Floats:
    names, member = np.unique(np.array(groups, dtype=object).astype(str), return_inverse=True)
    sums = np.zeros((len(names), columns.shape[1]))
    np.add.at(sums, member, columns)
    return sums


def _resampled(sums: Floats, resamples: int, seed: int) -> Iterator[Floats]:
    """Blocks of resampled sums, shape (block, k). The same seed and the same number of groups, the same draws."""
    rng = np.random.default_rng(seed)
    count = len(sums)
    even = np.full(count, 1 / count)
    for first in range(0, resamples, _BLOCK):
        yield rng.multinomial(count, even, size=min(_BLOCK, resamples - first)).astype(np.float64) @ sums


def interval(value: float, drawn: Floats, groups: int, *, share: bool = False) -> Interval:
    """A value with the percentiles of its resamples, shape (resamples,).

    A share that is 0 or 1 in every group, or scored in one group alone, has no spread to resample; it gets Wilson's
    interval over the groups. How sure another mean in one group is, nobody can say: NaN.
    """
    if share and (value in (0.0, 1.0) or groups == 1):
        return Interval(value, *wilson(value, groups), groups)
    low, high = percentiles(drawn) if groups > 1 else (float("nan"), float("nan"))
    return Interval(value, low, high, groups)


def difference(value: float, drawn: Floats, groups: int) -> Difference:
    """A difference with the percentiles of its resamples, shape (resamples,)."""
    if groups < 2:  # one group differs from itself in no resample, which makes nothing sure
        return Difference(value, *[float("nan")] * 3)
    return Difference(value, *percentiles(drawn), detectable(drawn, groups))


def replicates(ratios: Mapping[str, Columns], groups: Sequence[str], *, resamples: int, seed: int) -> dict[str, Floats]:
    """The values that `bootstrap` takes its percentiles of, each of shape (resamples,)."""
    return _Table(ratios, groups).replicates(resamples, seed)


def detectable(differences: Floats, groups: int) -> float:
    """The smallest true difference found with a power of 80 %, from resampled differences, shape (resamples,)."""
    kept = differences[~np.isnan(differences)]
    if not kept.size:
        return float("nan")
    normal = NormalDist()
    spread = (normal.inv_cdf((1 + LEVEL) / 2) + normal.inv_cdf(POWER)) * float(kept.std())
    # Where no group differs from another, a difference in so few groups that none was drawn would go unseen.
    return max(spread, 1 - (1 - POWER) ** (1 / groups))


def percentiles(drawn: Floats) -> tuple[float, float]:
    """The ends of the 95 % interval, shape of `drawn` (resamples,). What is not a number is left out."""
    kept = drawn[~np.isnan(drawn)]
    if not kept.size:
        return float("nan"), float("nan")
    low, high = np.quantile(kept, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


class _Table:
    """All columns of all metrics summed within groups."""

    def __init__(self, ratios: Mapping[str, Columns], groups: Sequence[str]) -> None:
        blocks: list[Floats] = []
        self._at: dict[str, tuple[slice, slice]] = {}
        place = 0
        for name, ratio in ratios.items():
            top, bottom = ratio.columns
            width = top.shape[1]
            blocks += [top, bottom]
            self._at[name] = (slice(place, place + width), slice(place + width, place + 2 * width))
            place += 2 * width
        self._sums = _by_group(np.concatenate(blocks, axis=1), groups)
        self.count = len(self._sums)

    def value(self, name: str) -> float:
        return float(self._ratio(self._sums.sum(axis=0, keepdims=True), name)[0])

    def scored_groups(self, name: str) -> int:
        return int((self._sums[:, self._at[name][1]].sum(axis=1) > 0).sum())

    def replicates(self, resamples: int, seed: int) -> dict[str, Floats]:
        """For every metric its values over the resamples, shape (resamples,)."""
        drawn = [*_resampled(self._sums, resamples, seed), np.zeros((0, self._sums.shape[1]))]
        sums = np.concatenate(drawn)
        return {name: self._ratio(sums, name) for name in self._at}

    def _ratio(self, sums: Floats, name: str) -> Floats:
        top, bottom = (sums[:, at] for at in self._at[name])
        scored = bottom > 0
        each = np.divide(top, bottom, out=np.zeros_like(top), where=scored)
        counted = scored.sum(axis=1)
        return np.divide(each.sum(axis=1), counted, out=np.full(len(sums), np.nan), where=counted > 0)
