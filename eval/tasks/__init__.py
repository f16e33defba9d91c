"""What is asked about the cases: one module for each task, which picture is shown, and the requests that follow."""

from __future__ import annotations

from .ask import requests
from .question import Question

__all__ = ["Question", "requests"]
