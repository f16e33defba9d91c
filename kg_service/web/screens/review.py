"""S6: proposals and their review."""

from __future__ import annotations

from ..page import pages

router = pages()
