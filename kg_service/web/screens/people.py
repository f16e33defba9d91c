"""S12: the accounts of others, for admins."""

from __future__ import annotations

from ..page import pages

router = pages()
