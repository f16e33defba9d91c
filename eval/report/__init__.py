"""The report: one HTML file that holds everything, and the same numbers as JSON and CSV beside it."""

from __future__ import annotations

from .job import run
from .settings import ReportConfig

__all__ = ["ReportConfig", "run"]
