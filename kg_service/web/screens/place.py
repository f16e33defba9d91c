"""S3: move, merge, split and retire a concept."""

from __future__ import annotations

from ..page import pages

router = pages()
