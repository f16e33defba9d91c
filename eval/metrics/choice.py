"""Multiple choice: accuracy by the rule of the wrong options, which of them are fallen for, and the pull of a place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..intervals import Interval, bootstrap
from ..outcome import Outcome
from ..prediction import Look, Task
from ..score import Score
from .ratio import Ratio, column


@dataclass(frozen=True, slots=True)
class Place:
    """The options at one place, from 0.

    `gold` is the share of questions whose gold stands there, `accuracy` over those questions, `chosen` the share of
    answers that choose the place. Without bias the first two are alike and the third is the same everywhere.
    """

    place: int
    gold: float
    chosen: float
    accuracy: Interval


@dataclass(frozen=True, slots=True)
class ChoiceRule:
    """The questions of one rule. `chance` is what guessing gets.

    `wrong` counts the wrong answers by where their option came from (`core.choice`), "none" where none was named.
    """

    rule: str
    questions: int
    chance: float
    accuracy: Interval
    wrong: dict[str, int]
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class LevelQuestions:
    """The questions about one level of the hierarchy."""

    level: int
    questions: int
    accuracy: Interval


@dataclass(frozen=True, slots=True)
class Withheld:
    """The right option was taken away: how often does it say so?

    The control has the right option too: how often does it abstain all the same, and how often is it right? NaN where
    the control was not asked.
    """

    rule: str
    questions: int
    abstained: Interval
    control_abstained: Interval
    control_accuracy: Interval


def by_rule(scores: Sequence[Score], *, resamples: int, seed: int) -> tuple[ChoiceRule, ...]:
    """The multiple-choice questions about real images, by rule. Those that offer an abstention belong to `withheld`."""
    asked = [s for s in scores if s.task is Task.CHOICE and s.look is Look.REAL and "abstain" not in s.about]
    return tuple(
        _rule(rule, [s for s in asked if s.about["rule"] == rule], resamples, seed) for rule in _values(asked, "rule")
    )


def _rule(rule: str, scores: Sequence[Score], resamples: int, seed: int) -> ChoiceRule:
    via = [score.about["via"].split(",") for score in scores]
    gold = np.array([one.index("gold") for one in via])
    right = column(scores, lambda s: s.right)
    columns = {"all": Ratio(right, np.ones(len(scores)))}
    places = range(max(map(len, via)))
    for place in places:
        here = (gold == place).astype(float)
        columns[str(place)] = Ratio(right * here, here)
    found = bootstrap(columns, [score.group for score in scores], resamples=resamples, seed=seed)
    wrong = Counter(
        "none" if s.place is None else one[s.place] for s, one in zip(scores, via, strict=True) if not s.right
    )
    chosen = Counter(score.place for score in scores if score.place is not None)
    return ChoiceRule(
        rule=rule,
        questions=len(scores),
        chance=float(np.mean([1 / len(one) for one in via])),
        accuracy=found["all"],
        wrong={name: wrong[name] for name in sorted(wrong)},
        places=tuple(
            Place(k, float((gold == k).mean()), chosen[k] / max(1, chosen.total()), found[str(k)]) for k in places
        ),
    )


def by_level(scores: Sequence[Score], *, resamples: int, seed: int) -> tuple[LevelQuestions, ...]:
    """The questions of task `levels` about real images, from the top level down."""
    asked = [score for score in scores if score.task is Task.LEVELS and score.look is Look.REAL]
    return tuple(
        LevelQuestions(int(level), len(rows), _share(rows, [s.right for s in rows], resamples, seed))
        for level in sorted(_values(asked, "level"), key=int)
        for rows in [[score for score in asked if score.about["level"] == level]]
    )


def withheld(scores: Sequence[Score], *, resamples: int, seed: int) -> tuple[Withheld, ...]:
    """None of the above, by rule."""
    asked = [score for score in scores if score.task is Task.NONE_OF_THE_ABOVE and score.look is Look.REAL]
    control = [s for s in scores if s.task is Task.CHOICE and s.look is Look.REAL and "abstain" in s.about]
    found: list[Withheld] = []
    for rule in _values(asked, "rule"):
        there = [score for score in asked if score.about["rule"] == rule]
        with_it = [score for score in control if score.about["rule"] == rule]
        silent, said = ([s.outcome is Outcome.ABSTAINED for s in rows] for rows in (there, with_it))
        found.append(
            Withheld(
                rule,
                len(there),
                _share(there, silent, resamples, seed),
                _share(with_it, said, resamples, seed),
                _share(with_it, [score.right for score in with_it], resamples, seed),
            )
        )
    return tuple(found)


def _share(scores: Sequence[Score], holds: Sequence[bool], resamples: int, seed: int) -> Interval:
    if not scores:
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    ratio = Ratio(np.array(holds, dtype=np.float64), np.ones(len(scores)))
    return bootstrap({"share": ratio}, [score.group for score in scores], resamples=resamples, seed=seed)["share"]


def _values(scores: Iterable[Score], key: str) -> list[str]:
    return sorted({score.about[key] for score in scores})
