"""DDx under stress: does a model weigh two diseases by the image, or by their names and their places?

Pairs of neighbours in the DDx graph, of siblings and of any two golds, in both orders, with the real image, a blank,
another's and none, asked directly and asked to compare. `metrics.pairs` defines the scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from pydantic import Field

from kg_service.core.choice import Rule

from .. import plots
from ..intervals import Difference, Interval, paired
from ..metrics.pairs import GROUP_CHANCE, PAIR_CHANCE, Pairs, pairs, right_groups, right_pairs
from ..metrics.ratio import Ratio
from ..prediction import Look, Task
from ..score import Score
from ..tables import Cell, Table
from ..tasks import Question
from . import asking
from .asking import Answers, Asked, answers, together
from .claims import Condition, all_of, table
from .experiment import Findings
from .verdict import Verdict, by_seed

WORDINGS = ("diagnose", "compare")
SPOKEN = 0.5  # a model that takes an option less often has not learned what options are


class Settings(Asked):
    """`against` is how many other diseases each gold is weighed against, `consistent` the share of images whose answer
    must not move with the order."""

    rules: tuple[Rule, ...] = (Rule.DDX, Rule.SIBLING, Rule.RANDOM)
    looks: tuple[Look, ...] = (Look.REAL, Look.BLANK, Look.PARTNER, Look.NONE)
    against: int = Field(default=1, ge=1)
    consistent: float = 0.8


def questions(settings: Settings) -> list[Question]:
    """Every rule, look and wording; what the claim is about is always asked."""
    looks = dict.fromkeys((Look.REAL, *settings.looks, Look.NONE))
    return [
        Question(task=Task.PAIR, rule=rule, look=look, against=settings.against, wording=wording)
        for rule in dict.fromkeys((Rule.DDX, *settings.rules))
        for look in looks
        for wording in WORDINGS
    ]


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
    measured = {name: pairs(scores, **how) for name, scores in pooled.items()}
    conditions, grouped = asked_for(settings, [run.by[settings.model] for run in runs], seeds)
    everything = gain(_kind(pooled[settings.model], look=Look.REAL), _kind(pooled[settings.model], look=Look.NONE),
                      grouped=grouped, **how)  # fmt: skip
    verdict = Verdict(
        word=all_of(conditions),
        claim=f"{settings.model} weighs neighbouring diseases by the image: it beats text alone and chance, keeps to "
        "its answer when the order turns, and does better when asked to compare",
        statistic=f"{_noun(grouped)} of DDx neighbours with the image, less without it",
        value=everything.value,
        low=everything.low,
        high=everything.high,
        detectable=everything.detectable,
        by_seed=by_seed(seeds, conditions[0].by_seed),
        notes=tuple(notes(settings, pooled, measured, grouped=grouped)),
    )
    dots: dict[str, dict[str, Interval]] = {}
    for one in sorted(measured[settings.model], key=lambda p: list(Look).index(Look(p.look))):
        dots.setdefault(f"{one.rule}, {one.wording}", {})[one.look] = one.pair_score
    plot = plots.dumbbells("looks", "Pairs right in both orders, by what is shown", dots, axis="pair score",
                           chance=PAIR_CHANCE, note="Dotted: a coin.")  # fmt: skip
    return Findings(
        verdict,
        (table(conditions, seeds), _kinds(measured), _hardest(measured[settings.model])),
        (plot,),
        release,
        digest,
    )


def asked_for(
    settings: Settings, scores: Sequence[Sequence[Score]], seeds: Sequence[int]
) -> tuple[list[Condition], bool]:
    """The four conditions over the seeds' scores, on DDx neighbours; and whether there were groups to score.

    Where no pair has cases of both diseases there is no group score, and the pair score stands in for it.
    """
    real = [_kind(rows, look=Look.REAL) for rows in scores]
    grouped = all(right_groups(rows) for rows in real)
    how = [{"resamples": settings.resamples, "seed": seed} for seed in seeds]
    direct = [pairs(rows, **more)[0] for rows, more in zip(real, how, strict=True)]
    blind = [_kind(rows, look=Look.NONE) for rows in scores]
    compared = [_kind(rows, look=Look.REAL, wording="compare") for rows in scores]
    noun, chance = _noun(grouped), GROUP_CHANCE if grouped else PAIR_CHANCE
    return [
        Condition(f"{noun}, less without image",
                  [gain(a, b, grouped=grouped, **more) for a, b, more in zip(real, blind, how, strict=True)]),
        Condition(noun, [one.group_score if grouped else one.pair_score for one in direct], than=chance),
        Condition("same answer in both orders", [one.consistency for one in direct], than=settings.consistent),
        Condition("pair score, compare less direct",
                  [gain(a, b, grouped=False, **more) for a, b, more in zip(compared, real, how, strict=True)]),
    ], grouped  # fmt: skip


def gain(a: Sequence[Score], b: Sequence[Score], *, grouped: bool, resamples: int, seed: int) -> Difference:
    """Group score (or pair score) of `a` minus that of `b`, on the groups (pairs) that both were asked about."""
    left, right = _rights(a, grouped=grouped), _rights(b, grouped=grouped)
    both = [key for key in left if key in right]
    if not both:
        return Difference(*[float("nan")] * 4)
    ones = np.ones(len(both))
    columns = [{"score": Ratio(np.array([float(side[key][1]) for key in both]), ones)} for side in (left, right)]
    units = [left[key][0] for key in both]
    return paired(columns[0], columns[1], units, resamples=resamples, seed=seed)["score"]


def _rights(scores: Sequence[Score], *, grouped: bool) -> dict[tuple[object, ...], tuple[str, bool]]:
    """Each group (or pair) -> its independent unit, and whether it is right."""
    if grouped:
        unit = {score.about["group"]: score.group for score in reversed(scores) if "group" in score.about}
        return {key: (unit[key[0]], fine) for key, fine in right_groups(scores).items()}
    unit = {score.case_id: score.group for score in scores}
    return {key: (unit[key[0]], fine) for key, fine in right_pairs(scores).items()}


def notes(
    settings: Settings, pooled: Mapping[str, Sequence[Score]], measured: Mapping[str, Sequence[Pairs]], *, grouped: bool
) -> list[str]:
    """What the verdict must not be taken for, derived from the numbers."""
    own = _kind(pooled[settings.model], look=Look.REAL)
    taken, malformed = (float(np.mean([f(s) for s in own])) for f in (_takes, lambda s: s.malformed is not None))
    found: list[str] = []
    if taken < SPOKEN:
        found.append(
            f"{settings.model} takes one of the two options in {taken:.0%} of its replies to real images; "
            f"{malformed:.0%} are malformed, {1 - taken - malformed:.0%} name something else, and all of those count "
            "as wrong. So these figures say first whether it keeps to the question (SFT learns that with "
            "questions.ask = 'ddx'), and little of what it sees."
        )
    if not grouped:
        found.append("No pair has cases of both diseases, so there is no group score; the pair score stands in for it.")
    direct = {one.look: one for one in measured[settings.model] if (one.rule, one.wording) == (Rule.DDX, WORDINGS[0])}
    partner, real = direct.get(Look.PARTNER), direct[Look.REAL]
    if partner and real.pair_score.low > PAIR_CHANCE:
        found.append(
            f"With the image of the other disease, {partner.pair_score.value:.3f} of the pairs are still answered with "
            "the case's own: a model that looks falls to nearly nothing there."
        )
    return found


def _takes(score: Score) -> bool:
    return score.place is not None


def _noun(grouped: bool) -> str:
    return "group score" if grouped else "pair score"


def _kind(scores: Sequence[Score], *, look: Look, wording: str = "diagnose") -> list[Score]:
    """Questions about DDx neighbours with one look and wording."""
    return [
        score
        for score in scores
        if score.look is look and score.about["rule"] == Rule.DDX and score.about.get("wording", "diagnose") == wording
    ]


def _kinds(measured: Mapping[str, Sequence[Pairs]]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (name, one.rule, one.look, one.wording, one.images, one.groups, one.accuracy, one.pair_score, one.group_score,
         one.consistency, one.first)
        for name, found in measured.items()
        for one in found
    ]  # fmt: skip
    columns = ("model", "pairs", "image", "prompt", "images asked", "groups", "accuracy", "pair score", "group score",
               "same in both orders", "first option taken")  # fmt: skip
    note = (
        f"Pair score: right in both orders, {PAIR_CHANCE} for a coin. Group score: right in both orders on an image of "
        f"each disease, {GROUP_CHANCE} for a coin. Seeds together; intervals are over patients or lesions."
    )
    return Table("pairs", "Every kind of pair", columns, tuple(rows), note)


def _hardest(found: Sequence[Pairs]) -> Table:
    direct = [one for one in found if (one.rule, one.look, one.wording) == (Rule.DDX, Look.REAL, WORDINGS[0])]
    listed = sorted(
        (pair for one in direct for pair in one.pairs), key=lambda pair: (pair.pair_score.value, pair.a, pair.b)
    )
    rows = tuple((pair.a, pair.b, pair.images, pair.pair_score) for pair in listed)
    return Table("neighbours", "DDx neighbours, hardest first", ("one", "other", "images asked", "pair score"), rows)
