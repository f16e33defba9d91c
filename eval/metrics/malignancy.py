"""Can it rank lesions by danger? Area under the ROC curve of "malignant", from the condition tags of open answers.

A case's score is the share of its samples that say malignant; with one sample that is a yes or no, and the area is the
mean of sensitivity and specificity. The value is scikit-learn's. Over resamples it is a function of how many malignant
and other cases have each score, so nothing is ranked again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kg_service.core.concept import Condition

from ..intervals import Interval, of_sums
from ..score import Score
from .ratio import Floats


@dataclass(frozen=True, slots=True)
class Malignancy:
    """`malignant` of `cases` are; cases with no condition of their own are left out."""

    samples: int
    cases: int
    malignant: int
    auc: Interval


def malignancy(scores: Sequence[Score], *, resamples: int, seed: int) -> Malignancy | None:
    """None where all known cases are malignant, or none is.

    Args:
        scores: open answers.
    """
    from sklearn.metrics import roc_auc_score

    cases: dict[str, list[Score]] = defaultdict(list)
    for score in scores:
        if score.truth is not None:
            cases[score.case_id].append(score)
    rows = list(cases.values())
    truth = np.array([row[0].truth is Condition.MALIGNANT for row in rows], dtype=bool)
    if truth.all() or not truth.any():
        return None
    said = np.array([np.mean([score.answered is Condition.MALIGNANT for score in row]) for row in rows])
    values, place = np.unique(said, return_inverse=True)
    member = np.eye(len(values))[place]
    columns = np.concatenate([member * truth[:, None], member * ~truth[:, None]], axis=1)
    (found,) = of_sums(columns, [row[0].group for row in rows], _area, resamples=resamples, seed=seed)
    auc = replace(found, value=float(roc_auc_score(truth, said)))
    return Malignancy(max(map(len, rows)), len(rows), int(truth.sum()), auc)


def _area(sums: Floats) -> Floats:
    malignant, other = np.split(sums, 2, axis=1)
    below = np.cumsum(other, axis=1) - other / 2  # others with a lower score, and half of those with the same
    pairs = malignant.sum(axis=1) * other.sum(axis=1)
    return np.divide((malignant * below).sum(axis=1), pairs, out=np.full(len(sums), np.nan), where=pairs > 0)
