"""How sure one may be: cluster bootstrap, paired differences, exact McNemar, the smallest difference one could see.

Groups (patients or lesions) are drawn with replacement, never single images: two images of one lesion are not two
pieces of evidence.
"""

from __future__ import annotations

from .exact import McNemar, holm, mcnemar, wilson
from .interval import Difference, Interval, Spread, none
from .resampling import Columns, bootstrap, detectable, differing, of_sums, paired, percentiles, replicates

__all__ = [
    "Columns",
    "Difference",
    "Interval",
    "McNemar",
    "Spread",
    "bootstrap",
    "detectable",
    "differing",
    "holm",
    "mcnemar",
    "none",
    "of_sums",
    "paired",
    "percentiles",
    "replicates",
    "wilson",
]
