"""S10: import and export."""

from __future__ import annotations

from ..page import pages

router = pages()
