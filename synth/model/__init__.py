"""One door to any OpenAI-compatible endpoint: asked by the writer, the judges and the reading of textbooks."""

from __future__ import annotations

from .ask import Ask, BudgetSpent, Deferred, EndpointBroken, ModelFailed, Reply
from .endpoint import Endpoint
from .settings import ModelSettings

__all__ = [
    "Ask",
    "BudgetSpent",
    "Deferred",
    "Endpoint",
    "EndpointBroken",
    "ModelFailed",
    "ModelSettings",
    "Reply",
]
