"""S12: signing in and out, one's own account."""

from __future__ import annotations

from ..page import pages

router = pages()
