"""Help on one page, and the API documentation."""

from __future__ import annotations

from ..page import pages

router = pages()
