"""Does it look? The same questions with the real image, and with one that cannot help; and with the right option gone.

Reward and right answers by what is shown: `metrics.reliance`. None of the above: `metrics.choice.withheld`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from kg_service.core.choice import Rule

from .. import plots
from ..intervals import Difference
from ..metrics.choice import Withheld, withheld
from ..metrics.reliance import Looking, Reliance, reliance
from ..prediction import Look, Task
from ..score import Score
from ..tables import Cell, Table
from ..tasks import Question
from . import asking
from .asking import Answers, Asked, answers, together
from .claims import Condition, all_of, table
from .experiment import Findings
from .verdict import Verdict, by_seed

NEEDED = (Look.BLANK, Look.SHUFFLED)
SPOKEN = 0.5  # a model that answers less often was not trained on the kind of question


class Settings(Asked):
    """`measure`: the mean reward, or the share of right answers. `rule` and `count` are those of the options where the
    right one is taken away; `count` 0 leaves that question out."""

    measure: Literal["reward", "right"] = "reward"
    looks: tuple[Look, ...] = (Look.BLANK, Look.SHUFFLED, Look.PARTNER, Look.NONE)
    rule: Rule = Rule.RANDOM
    count: int = Field(default=4, ge=0, le=25)


def questions(settings: Settings) -> list[Question]:
    """The open question with every look; the choice without the right option, and its control."""
    found = [Question(look=look) for look in dict.fromkeys((Look.REAL, *NEEDED, *settings.looks))]
    if settings.count:
        options = {"rule": settings.rule, "count": settings.count}
        found += [Question(task=Task.NONE_OF_THE_ABOVE, **options), Question(task=Task.CHOICE, abstain=True, **options)]
    return found


def commands(settings: Settings, run_dir: Path, seeds: Sequence[int]) -> list[str]:
    return asking.commands(settings, run_dir, seeds, questions(settings))


def run(settings: Settings, run_dir: Path, seeds: Sequence[int]) -> Findings:
    """Ask what has not been asked, and report."""
    runs, knowledge = answers(settings, run_dir, seeds, questions(settings))
    return report(settings, runs, knowledge.release, knowledge.digest)


def report(settings: Settings, runs: Sequence[Answers], release: str, digest: str) -> Findings:
    """The verdict on `settings.model`, and every model's tables."""
    seeds = [run.seed for run in runs]
    names = (settings.model, *settings.others)
    pooled = {name: together(runs, name) for name in names}
    how = {"resamples": settings.resamples, "seed": seeds[0]}
    looking = {name: _open(scores, **how) for name, scores in pooled.items()}
    conditions = asked_for(settings, [run.by[settings.model] for run in runs], seeds)
    blank = _gained(looking[settings.model], Look.BLANK, settings.measure)
    verdict = Verdict(
        word=all_of(conditions),
        claim=f"{settings.model} rests on the image: it does better with the real one than with a blank or another "
        "case's",
        statistic=f"{_NOUNS[settings.measure]} with the real image, less with a blank",
        value=blank.value,
        low=blank.low,
        high=blank.high,
        detectable=blank.detectable,
        by_seed=by_seed(seeds, conditions[0].by_seed),
        notes=tuple(notes(settings, pooled[settings.model], looking[settings.model])),
    )
    dots = {
        name: {Look.REAL.value: getattr(one, settings.measure),
               **{look.look.value: getattr(look, settings.measure) for look in one.looks}}
        for name, one in looking.items()
    }  # fmt: skip
    plot = plots.dumbbells("looks", f"{_NOUNS[settings.measure].capitalize()} by what is shown", dots,
                              axis=_NOUNS[settings.measure])  # fmt: skip
    gone = {name: withheld(scores, **how) for name, scores in pooled.items()}
    return Findings(verdict, (table(conditions, seeds), _looks(looking), _gone(gone)), (plot,), release, digest)


_NOUNS = {"reward": "mean reward", "right": "right answers"}


def asked_for(settings: Settings, scores: Sequence[Sequence[Score]], seeds: Sequence[int]) -> list[Condition]:
    """The real image less each of `NEEDED`, over the seeds' scores."""
    found = [_open(rows, resamples=settings.resamples, seed=seed) for rows, seed in zip(scores, seeds, strict=True)]
    noun = _NOUNS[settings.measure]
    return [
        Condition(f"{noun}, real less {look.value}", [_gained(one, look, settings.measure) for one in found])
        for look in NEEDED
    ]


def notes(settings: Settings, scores: Sequence[Score], looking: Reliance) -> list[str]:
    """What the verdict must not be taken for, derived from the numbers."""
    found: list[str] = []
    gained = [_gained(looking, look, settings.measure) for look in NEEDED]
    if all(one.verdict == "higher" for one in gained):
        found.append(
            f"Resting on the image is not yet being right: with the real image {looking.right.value:.3f} of the "
            "answers are the gold or finer."
        )
    alone = [s.malformed is None for s in scores if s.look is Look.NONE]
    if alone and np.mean(alone) < SPOKEN:
        found.append(
            f"Without any image {np.mean(alone):.0%} of its replies are well formed: it was never asked so before, and "
            "that row says nothing of what it knows blindly. The blank does."
        )
    shown = [s for s in scores if s.task in (Task.CHOICE, Task.NONE_OF_THE_ABOVE)]
    spoken = float(np.mean([s.place is not None or s.outcome == "abstained" for s in shown])) if shown else 1.0
    if spoken < SPOKEN:
        found.append(
            f"Where options are offered, {settings.model} takes one of them in {spoken:.0%} of its replies: it was not "
            "trained on options, and its silence when the right one is gone is no judgement."
        )
    return found


def _open(scores: Sequence[Score], *, resamples: int, seed: int) -> Reliance:
    """The open question's part; `answers` always asks it."""
    return next(one for one in reliance(scores, resamples=resamples, seed=seed) if one.task is Task.DIAGNOSIS)


def _at(found: Reliance, look: Look) -> Looking:
    return next(one for one in found.looks if one.look is look)


def _gained(found: Reliance, look: Look, measure: str) -> Difference:
    one = _at(found, look)
    return one.reward_gained if measure == "reward" else one.right_gained


def _looks(looking: Mapping[str, Reliance]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name, found in looking.items():
        rows.append((name, Look.REAL.value, found.questions, found.reward, None, found.right, None))
        rows += [
            (name, one.look.value, one.questions, one.reward, one.reward_gained, one.right, one.right_gained)
            for one in found.looks
        ]
    columns = ("model", "image", "questions", "mean reward", "real less this", "right", "real less this, right")
    note = (
        "Seeds together; differences are paired on the same cases. Blank: the mean colour of the real image. Shuffled: "
        "another case's. Partner: that of a case whose gold is a DDx neighbour. None: text alone."
    )
    return Table("looks", "With the real image and without", columns, tuple(rows), note)


def _gone(found: Mapping[str, Sequence[Withheld]]) -> Table:
    rows = tuple(
        (name, one.rule, one.questions, one.abstained, one.control_abstained, one.control_accuracy)
        for name, every in found.items()
        for one in every
    )
    columns = ("model", "wrong options", "questions", "abstains, right one gone", "abstains, right one there",
               "right, right one there")  # fmt: skip
    note = '"cannot be determined" is the last option in both. Knowing when none fits is the difference of the two.'
    return Table("none-of-the-above", "When the right option is gone", columns, rows, note)
