"""Several seeds as one statement: seeds are resampled, and within each seed its patients or lesions.

With few seeds this understates how much another seed would differ (by a factor of about sqrt((n - 1) / n) for n
seeds), so the interval of each seed is always shown beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .exact import wilson
from .interval import Difference, Interval
from .resampling import Columns, Floats, detectable, percentiles, replicates

# One model's metrics in one seed: columns as in `metrics.ratios`, and the group of each row.
Measured = tuple[Mapping[str, Columns], Sequence[str]]


def over_seeds(measured: Sequence[Measured], metric: str, *, resamples: int, seed: int) -> Interval:
    """The mean of one metric of a model over its seeds. A share of 0 or 1 gets Wilson's interval, see `bootstrap`."""
    value, count = _mean(_values(measured, metric)), _groups(measured)
    if value in (0.0, 1.0) and all(columns[metric].share for columns, _ in measured):
        return Interval(value, *wilson(value, count), count)
    drawn = _resampled(measured, metric, resamples, seed)
    return Interval(value, *percentiles(nested(drawn, seed)), count)


def gain_over_seeds(
    a: Sequence[Measured], b: Sequence[Measured], metric: str, *, resamples: int, seed: int
) -> Difference:
    """The mean over seeds of `a` minus `b`. Within a seed both answer the same cases and are resampled together."""
    pairs = zip(_resampled(a, metric, resamples, seed), _resampled(b, metric, resamples, seed), strict=True)
    found = nested([ours - theirs for ours, theirs in pairs], seed)
    values = zip(_values(a, metric), _values(b, metric), strict=True)
    value = _mean([ours - theirs for ours, theirs in values])
    return Difference(value, *percentiles(found), detectable(found, _groups(a)))


def nested(drawn: Sequence[Floats], seed: int) -> Floats:
    """Resamples of the mean over seeds: draw seeds with replacement, and for each drawn one of its own resamples.

    Args:
        drawn: each seed's resamples, all of shape (resamples,). What is not a number is left out of a mean.

    Returns:
        Shape (resamples,).
    """
    table = np.stack(drawn)
    count, resamples = table.shape
    rng = np.random.default_rng(seed)
    found = table[rng.integers(count, size=(resamples, count)), rng.integers(resamples, size=(resamples, count))]
    known = ~np.isnan(found)
    total, scored = np.where(known, found, 0.0).sum(axis=1), known.sum(axis=1)
    return np.divide(total, scored, out=np.full(resamples, np.nan), where=scored > 0)


def _resampled(measured: Sequence[Measured], metric: str, resamples: int, seed: int) -> list[Floats]:
    return [
        replicates({metric: columns[metric]}, groups, resamples=resamples, seed=seed + at)[metric]
        for at, (columns, groups) in enumerate(measured)
    ]


def _values(measured: Sequence[Measured], metric: str) -> list[float]:
    found = []
    for columns, _ in measured:
        top, bottom = (part.sum(axis=0) for part in columns[metric].columns)
        found.append(_mean([float(t / b) for t, b in zip(top, bottom, strict=True) if b > 0]))
    return found


def _groups(measured: Sequence[Measured]) -> int:
    return sum(len(set(groups)) for _, groups in measured)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
