"""PDF -> pages: lines with their places and fonts, from which columns, headings and paragraphs are told."""

from __future__ import annotations

from .reader import read_file

__all__ = ["read_file"]
