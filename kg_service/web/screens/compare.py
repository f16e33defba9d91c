"""S4: two diagnoses side by side."""

from __future__ import annotations

from ..page import pages

router = pages()
