"""Is it as often right as it agrees with itself? Expected calibration error of self-consistency, beside its null.

The confidence in a case's answer, the concept most of its K samples name, is the share of samples that name it. With a
few samples that share overstates how sure the model is even where the model is perfectly calibrated, so the error is
never 0: only what exceeds the null speaks of the model.

For a two-way question with every certainty equally likely the null is the mean of |2k - K| / (K (K + 2)) over
k = 0..K, that is 0.100, 0.056, 0.029 and 0.015 at K = 4, 8, 16 and 32, for endless cases. With 1,000 to 2,000 cases it
is 0.11, 0.06, 0.04 and 0.02 to 0.03: those are the design's figures.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kg_service.core.knowledge import Knowledge

from ..intervals import Interval, of_sums
from ..score import Score
from .ratio import Floats
from .selective import climb

BINS = 10
_DRAWS = 200


@dataclass(frozen=True, slots=True)
class Bin:
    """The cases whose confidence lies in (low, high]: their mean confidence and the share that is right."""

    low: float
    high: float
    cases: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """`error` with its interval; `null` is the mean of what a perfectly calibrated sampler shows on so many cases and
    samples, `null_high` the 95th percentile; an error under that is no finding."""

    samples: int
    cases: int
    error: Interval
    null: float
    null_high: float
    bins: tuple[Bin, ...]


def calibration(scores: Sequence[Score], knowledge: Knowledge, *, resamples: int, seed: int) -> Calibration | None:
    """None where no case has more than one sample.

    Args:
        scores: open answers, K of each case. A case is right where its answer is the gold or finer.
    """
    cases: dict[str, list[Score]] = defaultdict(list)
    for score in scores:
        cases[score.case_id].append(score)
    rows = list(cases.values())
    samples = max(map(len, rows))
    if samples == 1:
        return None
    confidence, right, weights = np.zeros(len(rows)), np.zeros(len(rows)), []
    for place, row in enumerate(rows):
        answer = climb([score.predicted for score in row], knowledge)[0].concept
        same = [score for score in row if score.predicted == answer and answer is not None]
        confidence[place] = len(same) / len(row)
        right[place] = float(bool(same) and same[0].right)
        weights.append(sorted(Counter(score.predicted for score in row).values(), reverse=True))
    columns = _binned(confidence, right)
    (error,) = of_sums(columns, [row[0].group for row in rows], _error, resamples=resamples, seed=seed)
    width = 1 + max(map(len, weights))
    # A flat prior over what was seen and one thing that was not: what the samples leave open about the model.
    alpha = np.array([[1.0 + n for n in row] + [1.0] + [0.0] * (width - 1 - len(row)) for row in weights])
    drawn = null(alpha, samples, draws=_DRAWS, rng=np.random.default_rng(seed))
    return Calibration(samples, len(rows), error, float(drawn.mean()), float(np.quantile(drawn, 0.95)), _bins(columns))


def null(alpha: Floats, samples: int, *, draws: int, rng: np.random.Generator) -> Floats:
    """Calibration errors of a sampler that is calibrated by construction, shape (draws,).

    In each draw a case gets its certainties from a Dirichlet distribution, and from those its samples and the truth.

    Args:
        alpha: one row a case, shape (n, c); 0 where a case has fewer answers than others. Ones of shape (n, 2) are a
            two-way question with every certainty equally likely.
        samples: K.
    """
    found = np.zeros(draws)
    for draw in range(draws):
        certainty = rng.standard_gamma(alpha)
        certainty /= certainty.sum(axis=1, keepdims=True)
        counts = rng.multinomial(samples, certainty)
        truth = rng.multinomial(1, certainty).argmax(axis=1)
        right = (counts.argmax(axis=1) == truth).astype(np.float64)
        found[draw] = _error(_binned(counts.max(axis=1) / samples, right).sum(axis=0, keepdims=True))[0]
    return found


def _binned(confidence: Floats, right: Floats) -> Floats:
    """Cases, confidence and right in bins of equal width, shape (n, 3 * BINS)."""
    place = np.clip(np.ceil(confidence * BINS - 1e-9).astype(int) - 1, 0, BINS - 1)
    member = np.eye(BINS)[place]
    return np.concatenate([member, member * confidence[:, None], member * right[:, None]], axis=1)


def _error(sums: Floats) -> Floats:
    """Expected calibration error (Naeini et al., AAAI 2015; Guo et al., ICML 2017): bins weigh as many as they hold."""
    count, confidence, right = np.split(sums, 3, axis=1)
    return np.abs(confidence - right).sum(axis=1) / count.sum(axis=1)


def _bins(columns: Floats) -> tuple[Bin, ...]:
    count, confidence, right = columns.sum(axis=0).reshape(3, BINS)
    return tuple(
        Bin(k / BINS, (k + 1) / BINS, int(count[k]), float(confidence[k] / count[k]), float(right[k] / count[k]))
        for k in range(BINS)
        if count[k]
    )
