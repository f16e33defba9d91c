"""S5: edit what tells two diagnoses apart."""

from __future__ import annotations

from ..page import pages

router = pages()
