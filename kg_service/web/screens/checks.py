"""S11: what is worth a look."""

from __future__ import annotations

from ..page import pages

router = pages()
