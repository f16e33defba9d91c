"""What a stage will do and cost, before it is started: `--dry-run` and `plan.json`."""

from __future__ import annotations

from .plan import Plan, plan
from .telling import tell
from .work import processes

__all__ = ["Plan", "plan", "processes", "tell"]
