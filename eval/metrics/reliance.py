"""Does it look? The same questions with the real image, and with one that cannot help."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..intervals import Difference, Interval, bootstrap, paired
from ..prediction import Look, Task
from ..score import Score
from .ratio import Ratio, column


@dataclass(frozen=True, slots=True)
class Looking:
    """One look: share of right replies, mean reward, and by how much the real image is better on the same questions.

    `Look.SHUFFLED` and `Look.PARTNER` show another disease than the gold that is scored with. Looking costs there, and
    only there can a model fall below one that never looks.
    """

    look: Look
    questions: int
    right: Interval
    reward: Interval
    right_gained: Difference
    reward_gained: Difference


@dataclass(frozen=True, slots=True)
class Reliance:
    """One task: with the real image, and with each other look that was asked."""

    task: Task
    questions: int
    right: Interval
    reward: Interval
    looks: tuple[Looking, ...]


def reliance(scores: Sequence[Score], *, resamples: int, seed: int) -> tuple[Reliance, ...]:
    """Every task asked with the real image and with another."""
    found: list[Reliance] = []
    for task in Task:
        rows = [score for score in scores if score.task is task]
        real = [score for score in rows if score.look is Look.REAL]
        others = [(look, [score for score in rows if score.look is look]) for look in Look if look is not Look.REAL]
        if real and any(others_of for _, others_of in others):
            found.append(_reliance(task, real, [pair for pair in others if pair[1]], resamples, seed))
    return tuple(found)


def _reliance(
    task: Task, real: Sequence[Score], others: Sequence[tuple[Look, list[Score]]], resamples: int, seed: int
) -> Reliance:
    looks: list[Looking] = []
    for look, rows in others:
        own, theirs, groups = _matched(real, rows)
        gained = paired(_columns(own), _columns(theirs), groups, resamples=resamples, seed=seed) if own else {}
        nothing = Difference(*[float("nan")] * 4)
        here = bootstrap(_columns(rows), [score.group for score in rows], resamples=resamples, seed=seed)
        looks.append(
            Looking(
                look, len(rows), here["right"], here["reward"],
                gained.get("right", nothing), gained.get("reward", nothing),
            )
        )  # fmt: skip
    found = bootstrap(_columns(real), [score.group for score in real], resamples=resamples, seed=seed)
    return Reliance(task, len(real), found["right"], found["reward"], tuple(looks))


def _columns(scores: Sequence[Score]) -> dict[str, Ratio]:
    ones = np.ones(len(scores))
    return {"right": Ratio(column(scores, lambda s: s.right), ones),
            "reward": Ratio(column(scores, lambda s: s.total), ones, share=False)}  # fmt: skip


def _matched(real: Sequence[Score], other: Sequence[Score]) -> tuple[list[Score], list[Score], list[str]]:
    """The questions asked with both looks, row by row, and the group of each."""
    own, there = ({_question(score): score for score in rows} for rows in (real, other))
    both = [key for key in own if key in there]
    return [own[key] for key in both], [there[key] for key in both], [own[key].group for key in both]


def _question(score: Score) -> tuple[str, str, int]:
    """Case, what is asked apart from the picture shown, and the sample."""
    about = {key: value for key, value in score.about.items() if key != "shown"}
    return score.case_id, json.dumps(about, sort_keys=True), score.sample
