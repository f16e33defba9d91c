"""S7: labels that named nothing."""

from __future__ import annotations

from ..page import pages

router = pages()
