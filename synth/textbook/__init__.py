"""Textbooks: files -> pages, figures and passages that can be quoted and traced back to the page."""

from __future__ import annotations

from .passages import by_concept, read

__all__ = ["by_concept", "read"]
