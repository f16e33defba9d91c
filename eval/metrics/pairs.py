"""Two diseases weighed against each other: both orders, both images.

A pair is right when it is right in both orders: a coin gets 1/4, "always the first" nothing. A group is two images, one
of each disease, asked about the same pair in both orders, and right when all four are (the group score of Winoground,
Thrush et al., CVPR 2022): a coin gets 1/16, and whoever does not look nothing at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..intervals import Interval, bootstrap
from ..prediction import Task
from ..score import Score
from .ratio import Ratio

ORDERS = ("gold-first", "gold-last")
PAIR_CHANCE, GROUP_CHANCE = 1 / 4, 1 / 16


@dataclass(frozen=True, slots=True)
class OnePair:
    """One pair of concepts, `a` before `b` in the alphabet: how often an image is placed right in both orders."""

    a: str
    b: str
    images: int
    pair_score: Interval


@dataclass(frozen=True, slots=True)
class Pairs:
    """All pair questions of one rule, look and wording.

    `accuracy` is over single questions. `order_bias`: of the images where an option was named in both orders, the share
    whose answer moves with the order; `first`: the share of answers that take the option named first.
    """

    rule: str
    look: str
    wording: str
    images: int
    groups: int
    accuracy: Interval
    pair_score: Interval
    group_score: Interval
    order_bias: Interval
    first: Interval
    pairs: tuple[OnePair, ...]

    @property
    def consistency(self) -> Interval:
        """Of the images where an option was named in both orders, the share whose answer does not move with it."""
        bias = self.order_bias
        return Interval(1 - bias.value, 1 - bias.high, 1 - bias.low, bias.groups)


def pairs(scores: Sequence[Score], *, resamples: int, seed: int) -> tuple[Pairs, ...]:
    """A table for each rule, look and wording there is."""
    kinds: dict[tuple[str, str, str], list[Score]] = defaultdict(list)
    for score in scores:
        if score.task is Task.PAIR:
            kinds[score.about["rule"], score.look, score.about.get("wording", "diagnose")].append(score)
    return tuple(_pairs(*kind, kinds[kind], resamples, seed) for kind in sorted(kinds))


def right_pairs(scores: Sequence[Score]) -> dict[tuple[str, str, int], bool]:
    """(case, pair, sample) -> right in both orders. For pair questions of one kind; without its other order none is."""
    return {key: all(two[o].right for o in ORDERS) for key, two in _by_image(scores).items() if len(two) == len(ORDERS)}


def right_groups(scores: Sequence[Score]) -> dict[tuple[str, int], bool]:
    """(group, sample) -> right on both images in both orders. For pair questions of one kind; whole groups alone."""
    members: dict[tuple[str, int], list[bool]] = defaultdict(list)
    for score in scores:
        if "group" in score.about:
            members[score.about["group"], score.sample].append(score.right)
    return {key: all(rights) for key, rights in members.items() if len(rights) == 2 * len(ORDERS)}


def _by_image(scores: Sequence[Score]) -> dict[tuple[str, str, int], dict[str, Score]]:
    found: dict[tuple[str, str, int], dict[str, Score]] = defaultdict(dict)
    for score in scores:
        found[score.case_id, score.about["pair"], score.sample][score.about["order"]] = score
    return found


def _pairs(rule: str, look: str, wording: str, scores: Sequence[Score], resamples: int, seed: int) -> Pairs:
    unit = {score.case_id: score.group for score in scores}
    first_of = {score.about["group"]: score.group for score in reversed(scores) if "group" in score.about}

    def share(rows: Sequence[tuple[str, bool]]) -> Interval:
        """Of (unit, whether it holds) rows."""
        if not rows:
            return Interval(float("nan"), float("nan"), float("nan"), 0)
        ratio = Ratio(np.array([float(holds) for _, holds in rows]), np.ones(len(rows)))
        return bootstrap({"share": ratio}, [one for one, _ in rows], resamples=resamples, seed=seed)["share"]

    right = right_pairs(scores)
    grouped = right_groups(scores)
    moved = [
        (unit[case], two[ORDERS[0]].chosen != two[ORDERS[1]].chosen)
        for (case, _, _), two in _by_image(scores).items()
        if len(two) == len(ORDERS) and all(score.chosen for score in two.values())
    ]
    names = sorted({name for _, name, _ in right})
    by_name = {name: [(unit[c], fine) for (c, other, _), fine in right.items() if other == name] for name in names}
    return Pairs(
        rule=rule,
        look=look,
        wording=wording,
        images=len(right),
        groups=len(grouped),
        accuracy=share([(score.group, score.right) for score in scores]),
        pair_score=share([(unit[case], fine) for (case, _, _), fine in right.items()]),
        group_score=share([(first_of[group], fine) for (group, _), fine in grouped.items()]),
        order_bias=share(moved),
        first=share([(score.group, score.place == 0) for score in scores if score.place is not None]),
        pairs=tuple(
            OnePair(a, b, len(by_name[name]), share(by_name[name])) for name in names for a, b in [name.split("--")]
        ),
    )
