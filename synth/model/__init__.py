"""One door to any OpenAI-compatible endpoint: asked by the writer, the judges and the reading of textbooks."""

from __future__ import annotations

from .ask import Ask, Deferred, ModelFailed, Reply

__all__ = ["Ask", "Deferred", "ModelFailed", "Reply"]
