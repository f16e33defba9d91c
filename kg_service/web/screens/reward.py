"""The reward of one reply, term by term."""

from __future__ import annotations

from ..page import pages

router = pages()
