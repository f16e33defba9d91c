"""`view`: one self-contained HTML page to look at a run. It works from a file and asks the network for nothing."""

from __future__ import annotations

from .job import make

__all__ = ["make"]
