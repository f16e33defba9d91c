"""The published scorer beside this project's, on the same replies: for setting results beside the paper's."""

from __future__ import annotations

from .compare import Difference, Official, compare
from .letter import UNPARSED, letter

__all__ = ["UNPARSED", "Difference", "Official", "compare", "letter"]
