"""The lesion's condition: accuracy, the mean F1 of the conditions and who is taken for what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kg_service.core.concept import Condition

from ..intervals import Interval, of_sums
from ..score import Score
from .ratio import Floats

CONDITIONS = tuple(Condition)


@dataclass(frozen=True, slots=True)
class Conditions:
    """`confusion[truth][said]` counts replies; the last column of a row are malformed replies, which say nothing.

    `macro_f1` is over the conditions that are true of any case: accuracy alone flatters who always says benign.
    """

    replies: int
    accuracy: Interval
    macro_f1: Interval
    conditions: tuple[Condition, ...]
    confusion: tuple[tuple[int, ...], ...]


def conditions(scores: Sequence[Score], *, resamples: int, seed: int) -> Conditions | None:
    """None where no case has a condition of its own. The values are scikit-learn's.

    Args:
        scores: replies with a condition, to whatever question.
    """
    from sklearn.metrics import accuracy_score, f1_score

    known = [score for score in scores if score.truth is not None]
    if not known:
        return None
    row = [CONDITIONS.index(score.truth) for score in known if score.truth]
    said = [CONDITIONS.index(score.answered) if score.answered else len(CONDITIONS) for score in known]
    cells = np.zeros((len(known), len(CONDITIONS) * (len(CONDITIONS) + 1)))
    cells[np.arange(len(known)), np.array(row) * (len(CONDITIONS) + 1) + np.array(said)] = 1
    there = sorted(set(row))
    found = of_sums(cells, [score.group for score in known], _accuracy_and_f1, resamples=resamples, seed=seed)
    accuracy = replace(found[0], value=float(accuracy_score(row, said)))
    macro = replace(found[1], value=float(f1_score(row, said, labels=there, average="macro")))
    table = cells.sum(axis=0).reshape(len(CONDITIONS), -1).astype(int).tolist()
    return Conditions(len(known), accuracy, macro, CONDITIONS, tuple(tuple(line) for line in table))


def _accuracy_and_f1(sums: Floats) -> Floats:
    table = sums.reshape(len(sums), len(CONDITIONS), len(CONDITIONS) + 1)
    right = np.diagonal(table, axis1=1, axis2=2)
    true, said = table.sum(axis=2), table[:, :, : len(CONDITIONS)].sum(axis=1)
    there = true > 0
    f1 = np.divide(2 * right, true + said, out=np.zeros_like(true), where=there)
    return np.stack([right.sum(axis=1) / true.sum(axis=1), f1.sum(axis=1) / there.sum(axis=1)], axis=1)
