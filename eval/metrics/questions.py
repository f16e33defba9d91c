"""The share of right replies to every kind of question besides the open one about the real image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..intervals import Interval, bootstrap
from ..prediction import Look
from ..score import Score
from .diagnosis import is_open
from .ratio import Ratio

KIND = "right/"  # how the name of every kind begins


def kind(score: Score) -> str:
    """`right/TASK`, and what tells it from others of the task: rule, an abstention offered, wording, look."""
    told = (score.about.get("rule"), "abstain" in score.about and "abstain", score.about.get("wording"))
    look = score.look is not Look.REAL and score.look.value
    return KIND + "/".join([score.task.value, *(one for one in (*told, look) if one)])


def asked(scores: Sequence[Score]) -> dict[str, Ratio]:
    """`Score.right` over the questions of each kind, in the alphabet's order; open answers have their own metrics."""
    kinds = np.array(["" if is_open(score) else kind(score) for score in scores], dtype=str)
    right = np.array([score.right for score in scores], dtype=np.float64)
    return {
        name: Ratio(right, np.ones(len(scores))).where((kinds == name).astype(float))
        for name in sorted(set(kinds.tolist()) - {""})
    }


def answered(scores: Sequence[Score], *, resamples: int, seed: int) -> dict[str, Interval]:
    """`asked` with intervals."""
    columns = asked(scores)
    return bootstrap(columns, [score.group for score in scores], resamples=resamples, seed=seed) if columns else {}
