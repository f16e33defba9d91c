"""S2: edit a concept, or add one."""

from __future__ import annotations

from ..page import pages

router = pages()
