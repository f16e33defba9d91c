"""What an edit would do, while it is still being typed."""

from __future__ import annotations

from ..page import pages

router = pages()
