"""S8: who changed what, when, and how it is taken back."""

from __future__ import annotations

from ..page import pages

router = pages()
