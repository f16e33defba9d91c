"""What is measured, one file an idea: metrics as ratios of sums, and what a report shows beside them.

A metric is `mean over k of sum_i numerator[i, k] / sum_i denominator[i, k]` with k = 1 for all but means over groups.
A metric without any denominator is not a number, which is not zero.
"""

from __future__ import annotations

from .diagnosis import heights, is_open, measure, ratios
from .extras import Extras, extras
from .questions import answered, asked
from .ratio import Ratio

__all__ = ["Extras", "Ratio", "answered", "asked", "extras", "heights", "is_open", "measure", "ratios"]
