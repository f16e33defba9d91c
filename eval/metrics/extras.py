"""Everything a report shows beside the table of metrics, from one list of scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from math import isfinite
from typing import Any

from kg_service.core.case import Case
from kg_service.core.errors import RecordInvalid
from kg_service.core.knowledge import Knowledge

from ..intervals import Interval, bootstrap
from ..prediction import Look, Task
from ..score import Score
from . import specificity
from .calibration import Calibration, calibration
from .choice import ChoiceRule, LevelQuestions, Withheld, by_level, by_rule, withheld
from .condition import Conditions, conditions
from .diagnosis import is_open
from .fairness import Fairness, fairness
from .levels import Gold, Level, golds, levels
from .malignancy import Malignancy, malignancy
from .pairs import GROUP_CHANCE, PAIR_CHANCE, Pairs, pairs
from .reliance import Reliance, reliance
from .selective import Selective, selective


@dataclass(frozen=True, slots=True)
class Extras:
    """Each part is None where the scores hold nothing for it: no second sample, no such question, one group only.

    `conditions` are the condition tags of open answers, `condition_questions` those of the condition task. `nulls` are
    what is to be expected of a model that knows nothing, or has no gap, by the name of the part.
    """

    levels: tuple[Level, ...] | None
    golds: tuple[Gold, ...] | None
    specificity: Mapping[str, Interval] | None
    conditions: Conditions | None
    condition_questions: Conditions | None
    malignancy: Malignancy | None
    selective: Selective | None
    calibration: Calibration | None
    choice: tuple[ChoiceRule, ...] | None
    choice_levels: tuple[LevelQuestions, ...] | None
    withheld: tuple[Withheld, ...] | None
    pairs: tuple[Pairs, ...] | None
    reliance: tuple[Reliance, ...] | None
    fairness: tuple[Fairness, ...] | None
    nulls: Mapping[str, float]

    def as_json(self) -> dict[str, Any]:
        """For a JSON file, where "not a number" is null."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


def extras(
    scores: Sequence[Score], cases: Sequence[Case], knowledge: Knowledge, *, resamples: int, seed: int
) -> Extras:
    """
    Args:
        cases: those the scores are about, and perhaps more.

    Raises:
        RecordInvalid: a score is about a case that is not given.
    """
    by_id = {case.id: case for case in cases}
    if stranger := next((score.case_id for score in scores if score.case_id not in by_id), None):
        raise RecordInvalid(f"there are scores of the case {stranger!r}, which is not among the cases given")
    how = {"resamples": resamples, "seed": seed}
    opened = [score for score in scores if is_open(score)]
    asked = [score for score in scores if score.task is Task.CONDITION and score.look is Look.REAL]
    certain = calibration(opened, knowledge, **how) if opened else None
    chosen = by_rule(scores, **how) or None
    weighed = pairs(scores, **how) or None
    gaps = (fairness(opened, by_id, knowledge, **how) or None) if opened else None
    groups = [score.group for score in opened]
    return Extras(
        levels=levels(opened, knowledge, **how) if opened else None,
        golds=golds(opened, knowledge, **how) if opened else None,
        specificity=bootstrap(specificity.ratios(opened, knowledge), groups, **how) if opened else None,
        conditions=conditions(opened, **how),
        condition_questions=conditions(asked, **how),
        malignancy=malignancy(opened, **how) if opened else None,
        selective=selective(opened, knowledge, **how) if opened else None,
        calibration=certain,
        choice=chosen,
        choice_levels=by_level(scores, **how) or None,
        withheld=withheld(scores, **how) or None,
        pairs=weighed,
        reliance=reliance(scores, **how) or None,
        fairness=gaps,
        nulls=_nulls(certain, chosen, weighed, gaps),
    )


def _nulls(
    certain: Calibration | None,
    chosen: Sequence[ChoiceRule] | None,
    weighed: Sequence[Pairs] | None,
    gaps: Sequence[Fairness] | None,
) -> dict[str, float]:
    found: dict[str, float] = {}
    if certain:
        found["calibration error"] = certain.null
    for rule in chosen or ():
        found[f"choice, {rule.rule}"] = rule.chance
    if weighed:
        found |= {"pair score": PAIR_CHANCE, "group score": GROUP_CHANCE}
    for one in gaps or ():
        if isfinite(one.gap.null):
            found[f"gap, {one.attribute}, {one.metric}"] = one.gap.null
    return found


def _plain(value: object) -> Any:
    """What JSON can hold."""
    if hasattr(value, "as_json"):
        return value.as_json()  # type: ignore[attr-defined]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value
