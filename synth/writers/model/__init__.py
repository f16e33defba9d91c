"""The writer that asks a language model."""

from __future__ import annotations

from .writer import ModelWriter

__all__ = ["ModelWriter"]
