"""Several seeds as one statement: seeds are resampled, and within each seed its patients or lesions.

With few seeds this understates how much another seed would differ (by a factor of about sqrt((n - 1) / n) for n
seeds), so the interval of each seed is always shown beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from kg_service.core.errors import RecordInvalid

from .interval import Difference, Interval
from .resampling import Columns, Floats, difference, interval, replicates

# One model's metrics in one seed: columns as in `metrics.ratios`, and the group of each row.
Measured = tuple[Mapping[str, Columns], Sequence[str]]
Pairs = Sequence[tuple[str, str]]


class Study:
    """Models, each measured in the same seeds and resampled once.

    Within a seed all models answer the same cases, row by row, and are resampled together, so that what a case has in
    common for two of them cancels out.

    Args:
        measured: for each model one entry a seed. metrics: which of its columns are wanted.

    Raises:
        RecordInvalid: two models were not scored on the same cases; a pair of them would pair different patients.
    """

    def __init__(
        self,
        measured: Mapping[str, Sequence[Measured]],
        metrics: Sequence[str],
        *,
        seeds: Sequence[int],
        resamples: int,
    ) -> None:
        self.models = list(measured)
        self.seeds = list(seeds)
        self._columns = {name: [{m: columns[m] for m in metrics} for columns, _ in of] for name, of in measured.items()}
        first = [list(groups) for _, groups in measured[self.models[0]]]
        for name, of in measured.items():
            if [list(groups) for _, groups in of] != first:
                raise RecordInvalid(f"{name} and {self.models[0]} were not scored on the same cases in every seed")
        self._groups = [len(set(groups)) for groups in first]
        self._drawn = {
            name: [
                replicates(columns, groups, resamples=resamples, seed=seed)
                for columns, (_, groups), seed in zip(self._columns[name], of, seeds, strict=True)
            ]
            for name, of in measured.items()
        }

    def values(self, model: str, metric: str) -> list[Interval]:
        """A metric in each seed."""
        return [
            interval(value, drawn[metric], groups, share=columns[metric].share)
            for value, drawn, columns, groups in zip(
                self._values(model, metric), self._drawn[model], self._columns[model], self._groups, strict=True
            )
        ]

    def value(self, model: str, metric: str) -> Interval:
        """The mean of a metric over the seeds."""
        value = _mean(self._values(model, metric))
        drawn = nested([drawn[metric] for drawn in self._drawn[model]], self.seeds[0])
        return interval(value, drawn, sum(self._groups), share=self._columns[model][0][metric].share)

    def gains(self, pairs: Pairs, metric: str) -> list[Difference]:
        """`a` minus `b` in each seed, the mean over the pairs (a, b)."""
        return [
            difference(value, drawn, groups)
            for value, drawn, groups in zip(
                self._gained(pairs, metric), self._gained_drawn(pairs, metric), self._groups, strict=True
            )
        ]

    def gain(self, pairs: Pairs, metric: str) -> Difference:
        """`a` minus `b`, the mean over the pairs (a, b) and over the seeds."""
        drawn = nested(self._gained_drawn(pairs, metric), self.seeds[0])
        value = _mean(self._gained(pairs, metric))
        return difference(value, drawn, sum(self._groups))

    def _values(self, model: str, metric: str) -> list[float]:
        found = []
        for columns in self._columns[model]:
            top, bottom = (part.sum(axis=0) for part in columns[metric].columns)
            found.append(_mean([float(t / b) for t, b in zip(top, bottom, strict=True) if b > 0]))
        return found

    def _gained(self, pairs: Pairs, metric: str) -> list[float]:
        table = [np.subtract(self._values(a, metric), self._values(b, metric)) for a, b in pairs]
        return [float(value) for value in np.mean(table, axis=0)]

    def _gained_drawn(self, pairs: Pairs, metric: str) -> list[Floats]:
        return [
            np.mean([self._drawn[a][at][metric] - self._drawn[b][at][metric] for a, b in pairs], axis=0)
            for at in range(len(self.seeds))
        ]


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


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
