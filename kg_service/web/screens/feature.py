"""Features: what they are, who has them, editing them."""

from __future__ import annotations

from ..page import pages

router = pages()
