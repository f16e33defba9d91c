"""The metrics of open answers, each as a ratio of sums over scored predictions.

Sources: hierarchical precision, recall and F: Kiritchenko et al. 2006 (sets extended with ancestors; the concept itself
is in its set, the scheme is not). Severity: Bertinetto et al., CVPR 2020 (height of the meet, over mistakes).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kg_service.core.concept import Condition
from kg_service.core.knowledge import Knowledge

from ..intervals import Interval, bootstrap
from ..outcome import Outcome
from ..prediction import Look, Task
from ..score import Score
from .ratio import Ratio, column

# A reply that names no concept predicts nothing: an empty set, with no precision to speak of and no recall.
MISTAKES = (Outcome.WRONG_BRANCH, Outcome.FAR)


def is_open(score: Score) -> bool:
    """Whether a row answers the open question about the real image. These metrics are about such rows alone."""
    return score.task is Task.DIAGNOSIS and score.look is Look.REAL


def heights(knowledge: Knowledge) -> dict[str, int]:
    """Edges on the longest way down from each concept to a leaf: 0 for a leaf."""
    found: dict[str, int] = {}
    for concept in sorted(knowledge.taxonomy.ids, key=knowledge.level, reverse=True):  # children before parents
        found[concept] = max((1 + found[child] for child in knowledge.children(concept)), default=0)
    return found


def ratios(scores: Sequence[Score], knowledge: Knowledge) -> dict[str, Ratio]:
    """Every metric's columns over n scores, in the order reports show them. Rows that are not `is_open` are unscored.

    - reward: mean total. format_rate: share of well-formed replies. exact: share answered with the gold itself.
    - h_precision, h_recall, h_f1: micro, sums of |P & G|, |P|, |G| over all items, where P and G are the predicted
      and the gold concept with all ancestors; h_f1_macro: the mean of each item's own F.
    - right_to_level_k: among golds at least k deep, the share whose prediction shares an ancestor-or-self of level k
      or deeper with the gold.
    - balanced_accuracy: mean over the gold concepts of the share answered with the gold or one of its descendants.
    - severity: mean height of the meet over wrong-branch and far answers; far counts as one above the highest tree.
    - malignancy_sensitivity: among cases that are malignant, the share whose condition tag says malignant.
      malignancy_specificity: among cases known not to be, the share with a well-formed reply that says anything else.
      A malformed reply is wrong in both: nobody can act on it. Cases with no condition of their own are unscored.
    - cut_rate: share of replies cut at the limit of tokens. degenerate_rate: with those the empty and the repeating.
    """
    ones = np.ones(len(scores))
    outcome = np.array([score.outcome.value for score in scores])
    gold_level = np.array([score.gold_level for score in scores])
    meet = np.array([score.meet_level for score in scores])
    found = {
        "reward": Ratio(column(scores, lambda s: s.total), ones, share=False),
        "format_rate": Ratio((outcome != Outcome.MALFORMED).astype(float), ones),
        "exact": Ratio((outcome == Outcome.EXACT).astype(float), ones),
    }
    found |= _hierarchical(scores, knowledge)
    for level in range(1, int(gold_level.max(initial=1)) + 1):
        deep = gold_level >= level
        found[f"right_to_level_{level}"] = Ratio((deep & (meet >= level)).astype(float), deep.astype(float))
    found["balanced_accuracy"] = _balanced(scores)
    found["severity"] = _severity(scores, knowledge)
    found |= _malignancy(scores)
    found["malformed_rate"] = Ratio((outcome == Outcome.MALFORMED).astype(float), ones)
    found["cut_rate"] = Ratio(column(scores, lambda s: float(not s.complete)), ones)
    found["degenerate_rate"] = Ratio(column(scores, lambda s: float(s.degenerate is not None)), ones)
    for name in Outcome:
        if name not in (Outcome.EXACT, Outcome.MALFORMED):
            found[f"outcome_{name.value}"] = Ratio((outcome == name).astype(float), ones)
    for reason in sorted({score.malformed for score in scores if score.malformed}):
        found[f"malformed_{reason}"] = Ratio(column(scores, lambda s, r=reason: float(s.malformed == r)), ones)
    kept = column(scores, is_open)
    return {name: ratio.where(kept) for name, ratio in found.items()}


def measure(
    scores: Sequence[Score], knowledge: Knowledge, *, resamples: int = 2000, seed: int = 0
) -> dict[str, Interval]:
    """Every metric with its 95 % interval, resampling groups (patient, else lesion, else image) and not images."""
    return bootstrap(ratios(scores, knowledge), [score.group for score in scores], resamples=resamples, seed=seed)


def _hierarchical(scores: Sequence[Score], knowledge: Knowledge) -> dict[str, Ratio]:
    above: dict[str | None, frozenset[str]] = {None: frozenset()}
    for concept in {c for score in scores for c in (score.gold, score.predicted) if c is not None}:
        above[concept] = frozenset((concept, *knowledge.ancestors(concept)))
    shared = column(scores, lambda s: len(above[s.gold] & above[s.predicted]))
    named = column(scores, lambda s: len(above[s.predicted]))
    true = column(scores, lambda s: len(above[s.gold]))
    ones = np.ones(len(scores))
    return {
        "h_f1": Ratio(2 * shared, named + true),
        "h_precision": Ratio(shared, named),
        "h_recall": Ratio(shared, true),
        "h_f1_macro": Ratio(2 * shared / (named + true), ones),
        "h_precision_macro": Ratio(np.divide(shared, named, out=np.zeros_like(named), where=named > 0), ones),
        "h_recall_macro": Ratio(shared / true, ones),
    }


def _balanced(scores: Sequence[Score]) -> Ratio:
    golds = sorted({score.gold for score in scores})
    right = column(scores, lambda s: s.outcome in (Outcome.EXACT, Outcome.FINER))
    member = np.array([[score.gold == gold for gold in golds] for score in scores], dtype=np.float64)
    return Ratio(member.reshape(len(scores), -1) * right[:, None], member.reshape(len(scores), -1))


def _severity(scores: Sequence[Score], knowledge: Knowledge) -> Ratio:
    height = heights(knowledge)
    beyond = 1 + max(height.values(), default=0)

    def severity(score: Score) -> float:
        if score.outcome not in MISTAKES or score.predicted is None:
            return 0.0
        # Several concepts can be the meet; the lowest is the closest relation the two have.
        return min((height[c] for c in knowledge.meet(score.gold, score.predicted)), default=beyond)

    mistake = column(scores, lambda s: float(s.outcome in MISTAKES))
    return Ratio(column(scores, severity), mistake, share=False)


def _malignancy(scores: Sequence[Score]) -> dict[str, Ratio]:
    malignant = column(scores, lambda s: float(s.truth is Condition.MALIGNANT))
    other = column(scores, lambda s: float(s.truth is not None and s.truth is not Condition.MALIGNANT))
    called = column(scores, lambda s: float(s.answered is Condition.MALIGNANT))
    cleared = column(scores, lambda s: float(s.answered is not None and s.answered is not Condition.MALIGNANT))
    known = malignant + other
    right = column(scores, lambda s: float(s.truth is not None and s.answered is s.truth))
    return {
        "malignancy_sensitivity": Ratio(malignant * called, malignant),
        "malignancy_specificity": Ratio(other * cleared, other),
        "condition_accuracy": Ratio(right, known),
    }
