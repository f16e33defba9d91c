"""S9: releases, their notes and their differences."""

from __future__ import annotations

from ..page import pages

router = pages()
