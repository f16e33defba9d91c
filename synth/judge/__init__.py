"""`judge`: a second model must come to the same diagnosis without being told, and grades what it reads. Optional."""

from __future__ import annotations

from .job import expected, make
from .verdicts import Judgement

__all__ = ["Judgement", "expected", "make"]
