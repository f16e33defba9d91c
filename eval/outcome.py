"""What became of a reply: one of eight outcomes that exclude each other, and whether it is what the task asks for."""

from __future__ import annotations

from enum import StrEnum

from kg_service.core.concept import Condition
from kg_service.core.knowledge import Knowledge
from kg_service.core.reward import RewardBreakdown

from .prediction import Prediction, Task


class Outcome(StrEnum):
    """What became of one prediction, best first."""

    EXACT = "exact"
    FINER = "finer"
    COARSER = "coarser"
    WRONG_BRANCH = "wrong-branch"
    FAR = "far"
    UNMAPPED = "unmapped"
    ABSTAINED = "abstained"
    MALFORMED = "malformed"


def outcome_of(breakdown: RewardBreakdown, gold: str, knowledge: Knowledge) -> Outcome:
    """The one outcome of a scored reply."""
    if breakdown.malformed is not None:
        return Outcome.MALFORMED
    if breakdown.abstained:
        return Outcome.ABSTAINED
    predicted = breakdown.predicted
    if predicted is None:
        return Outcome.UNMAPPED
    if predicted == gold:
        return Outcome.EXACT
    if knowledge.is_ancestor(predicted, gold):
        return Outcome.COARSER
    if knowledge.is_ancestor(gold, predicted):
        return Outcome.FINER
    return Outcome.WRONG_BRANCH if knowledge.meet_level(predicted, gold) else Outcome.FAR


def is_right(row: Prediction, found: RewardBreakdown, outcome: Outcome, truth: Condition | None, gold: str) -> bool:
    """Whether a reply gives what its task asks for (see `Score.right`)."""
    match row.task:
        case Task.DIAGNOSIS:
            return outcome in (Outcome.EXACT, Outcome.FINER)
        case Task.CONDITION:
            known = Condition.BENIGN if row.dialect == "released" and truth is Condition.NON_NEOPLASTIC else truth
            return known is not None and found.answered_condition is known
        case Task.NONE_OF_THE_ABOVE:
            return outcome is Outcome.ABSTAINED
        case Task.CHOICE | Task.LEVELS | Task.PAIR:
            return found.predicted == row.about.get("right", gold)
