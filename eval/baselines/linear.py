"""The one linear classifier of the baselines: standardised, classes balanced, its penalty found by cross-validation."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Inverse strengths of the L2 penalty; the best balanced accuracy over folds of whole groups wins.
STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
_FOLDS = 3


@dataclass(frozen=True, slots=True)
class Linear:
    """A fitted classifier. `strength` is the one chosen, NaN where there was nothing to choose."""

    labels: tuple[str, ...]
    strength: float
    model: Any = None

    def beliefs(self, features: NDArray[np.floating]) -> list[dict[str, float]]:
        """The probability of every label for each of n rows of features, shape (n, d)."""
        if self.model is None:
            return [{self.labels[0]: 1.0} for _ in features]
        found = self.model.predict_proba(features) if len(features) else []
        return [dict(zip(self.labels, map(float, row), strict=True)) for row in found]


def fit(features: NDArray[np.floating], golds: Sequence[str], groups: Sequence[str]) -> Linear:
    """Where cross-validation cannot be, with one group or each gold in a single one, the penalty is scikit-learn's own.

    Args:
        features: shape (n, d). golds, groups: shape (n,); no group is spread over two folds.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if len(set(golds)) == 1:
        return Linear((golds[0],), float("nan"))
    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=300))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a rare gold is missing from a fold, a weak penalty converges slowly
        folds = min(_FOLDS, len(set(groups)), max(Counter(golds).values()))
        if folds > 1:
            grid = {"logisticregression__C": STRENGTHS}
            cut = StratifiedGroupKFold(folds)
            search = GridSearchCV(model, grid, scoring="balanced_accuracy", cv=cut, error_score=0.0)
            with suppress(ValueError):  # in no fold were there two golds to tell apart
                search.fit(features, golds, groups=groups)
                found = search.best_estimator_
                return Linear(tuple(found.classes_), search.best_params_["logisticregression__C"], found)
        model.fit(features, golds)
    return Linear(tuple(model.classes_), float("nan"), model)
