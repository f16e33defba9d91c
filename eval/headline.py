"""The metrics that reports and experiments show first, and how they are called."""

from __future__ import annotations

from typing import Literal

Metric = Literal["format_rate", "reward", "h_f1", "exact", "balanced_accuracy"]
METRICS = {
    "format_rate": "well formed",
    "reward": "mean reward",
    "h_f1": "hierarchical F",
    "exact": "exact",
    "balanced_accuracy": "balanced accuracy",
    "severity": "severity of mistakes",
    "malignancy_sensitivity": "malignant: sensitivity",
    "malignancy_specificity": "malignant: specificity",
}
