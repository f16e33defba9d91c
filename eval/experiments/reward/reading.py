"""The reward experiment's verdict, tables and notes, from what its seeds have trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kg_service.core.knowledge import Knowledge

from ...intervals import Interval, bootstrap
from ...metrics.ratio import Ratio
from ...tables import Table
from ..experiment import Findings
from ..verdict import Verdict, Word, by_seed
from . import drawings
from .cells import MEASURES, Cell, Setting
from .policy import Scale
from .shapes import Shape
from .threshold import Switch, Threshold

CLAIM = "the paper's depth-proportional reward commits to the leaf exactly where P(leaf | parent) > (D - 1) / D"


@dataclass(frozen=True)
class Measured:
    """One cell over all seeds: see `Cell`. Intervals are over images, of all seeds together."""

    setting: Setting
    learned: dict[str, Interval]
    best: dict[str, float]
    reached: float


def findings(
    cells: Sequence[Sequence[Cell]],
    switches: Sequence[Sequence[Switch]],
    seeds: Sequence[int],
    *,
    tolerance: float,
    resamples: int,
    release: Knowledge,
    real: Mapping[str, Sequence[Threshold]],
) -> Findings:
    """
    Args:
        cells, switches: one sequence a seed, all in the same order.
        real: by reward, every leaf's threshold in `release`.
    """
    measured = [_measured(rows, seeds, resamples) for rows in zip(*cells, strict=True)]
    return Findings(
        verdict(switches, seeds, tolerance=tolerance, notes=notes(measured, switches, real)),
        (_switches(switches, seeds), _grid(measured), _real(real)),
        (drawings.switches(switches), drawings.trade(measured), drawings.thresholds(real)),
        release.release,
        release.digest,
    )


def verdict(
    switches: Sequence[Sequence[Switch]], seeds: Sequence[int], *, tolerance: float, notes: Sequence[str] = ()
) -> Verdict:
    """Of the paper's reward where training follows the expected reward.

    Confirmed where in every seed and depth the interval of the switch lies within the tolerance of theory; refuted
    where in every seed some depth's interval lies wholly beyond it.
    """
    each = [[s.deviation for s in row if s.shape == "paper" and s.scale == "none"] for row in switches]
    worst = [max(row, key=lambda one: abs(one.value)) for row in each]
    within = all(-tolerance <= one.low and one.high <= tolerance for row in each for one in row)
    beyond = all(any(one.low > tolerance or one.high < -tolerance for one in row) for row in each)
    far = max(worst, key=lambda one: abs(one.value))
    return Verdict(
        word=Word.CONFIRMED if within else Word.REFUTED if beyond else Word.INCONCLUSIVE,
        claim=CLAIM,
        statistic=f"largest distance of the switch from (D - 1) / D over all depths (tolerance {tolerance})",
        value=far.value,
        low=far.low,
        high=far.high,
        by_seed=by_seed(seeds, worst),
        notes=tuple(notes),
    )


def notes(
    measured: Sequence[Measured], switches: Sequence[Sequence[Switch]], real: Mapping[str, Sequence[Threshold]]
) -> list[str]:
    """What the verdict must not be taken for, and what stands beside it."""
    depths = sorted({s.depth for s in switches[0] if s.shape == "paper"})
    divided = [_mean(switches, "paper", depth, "group") for depth in depths]
    found = [
        "A toy: drawn images with known odds, a policy with one row of logits an image. It shows what the reward asks "
        "for, not what a model sees.",
        "Dividing advantages by the spread of their group, GRPO's default, asks for something else: there the switch "
        f"lies at {_listed(divided)} for D = {', '.join(map(str, depths))}, near 1/2 whatever the depth. The threshold "
        "of the reward needs scale_rewards = \"none\" (Dr. GRPO).",
    ]  # fmt: skip
    shown = {one.setting.shape: one for one in measured if _plain(one.setting)}
    parts = [
        f"{shape} {one.learned['exact'].value:.2f} / {one.learned['h_correct'].value:.2f}"
        for shape, one in shown.items()
    ]
    if parts:
        found.append(
            "Exact / right at some level, neutral prompt, paper's weights, learned without dividing: "
            f"{', '.join(parts)}. The figures are those of this toy's odds; their order is what carries over."
        )
    for name, rows in real.items():
        value = [row.value for row in rows]
        found.append(
            f"In this release, {name} asks for P(leaf | parent) of {min(value):.2f} to {max(value):.2f}, median "
            f"{np.median(value):.2f}, before the leaf is the better answer (granularity term alone)."
        )
    return found


def _plain(setting: Setting) -> bool:
    weights = (0.0 if setting.shape == "no-granularity" else 0.75, 0.25)
    own = (setting.granularity, setting.condition)
    return setting.prompt == "neutral" and setting.scale == "none" and own == weights


def _mean(switches: Sequence[Sequence[Switch]], shape: Shape, depth: int, scale: Scale) -> float:
    found = [s.found.value for row in switches for s in row if (s.shape, s.depth, s.scale) == (shape, depth, scale)]
    return float(np.mean(found))


def _listed(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)


def _measured(rows: Sequence[Cell], seeds: Sequence[int], resamples: int) -> Measured:
    """The same setting in every seed, as one."""
    groups = [f"{seed}/{i}" for seed, row in zip(seeds, rows, strict=True) for i in range(len(row.learned["exact"]))]
    columns = {}
    for name in MEASURES:
        values = np.concatenate([row.learned[name] for row in rows])
        columns[name] = Ratio(values, np.ones(len(values)), share=False)
    best = {name: float(np.mean([row.best[name] for row in rows])) for name in MEASURES}
    reached = float(np.mean([row.reached for row in rows]))
    return Measured(rows[0].setting, bootstrap(columns, groups, resamples=resamples, seed=0), best, reached)


def _switches(switches: Sequence[Sequence[Switch]], seeds: Sequence[int]) -> Table:
    columns = ("reward", "D", "advantages divided by", "threshold of the reward", *(f"seed {s}" for s in seeds))
    divided = {"none": "nothing", "group": "spread of the group"}
    rows = tuple(
        (row[0].shape, row[0].depth, divided[row[0].scale], row[0].theory, *(one.found for one in row))
        for row in zip(*switches, strict=True)
    )
    note = (
        "P(leaf | parent) at which the trained policy says leaf and parent equally often. The threshold is computed "
        "from the reward itself; for the paper's it is (D - 1) / D. Intervals are over repeated trainings."
    )
    return Table("switches", "Where the policy switches to the leaf", columns, rows, note)


def _grid(measured: Sequence[Measured]) -> Table:
    columns = (
        "shape", "prompt", "scale_rewards", "granularity", "condition", "exact", "right at some level", "level named",
        "abstained", "malignant denied", "best: exact", "best: right at some level", "reward reached",
    )  # fmt: skip
    rows = tuple(
        (one.setting.shape, one.setting.prompt, one.setting.scale, one.setting.granularity, one.setting.condition,
         *(one.learned[name] for name in MEASURES), one.best["exact"], one.best["h_correct"], one.reached)
        for one in measured
    )  # fmt: skip
    note = (
        "best: the reply with the largest expected reward for each image. Malignant denied: the lesion is malignant "
        "and the reply says another condition. flat-path, exact-only and linear relabel the granularity of the paper's "
        "reward: the same for every concept on the gold's path; for the gold alone; by depth from the top, not divided "
        "by the gold's. Intervals are over images."
    )
    return Table("grid", "Shape, prompt, scaling and weights", columns, rows, note)


def _real(real: Mapping[str, Sequence[Threshold]]) -> Table:
    rows = []
    for name, leaves in real.items():
        for level in sorted({one.level for one in leaves}):
            value = np.array([one.value for one in leaves if one.level == level])
            rows.append((name, level, len(value), (level - 1) / level, *map(float, np.quantile(value, [0, 0.5, 1]))))
    columns = ("reward", "D", "leaves", "(D - 1) / D", "least", "median", "most")
    note = (
        "P(leaf | primary parent) above which naming the leaf earns more granularity, for every leaf of the release "
        "that has a parent. Less than (D - 1) / D where the parent stands more than one level higher (another parent "
        "is deeper), where siblings are deeper than the leaf, or, under safe, as a wrong sibling still earns a near "
        "miss. 0 for an only child."
    )
    return Table("release", "The thresholds of the release", columns, tuple(rows), note)
