"""A stand-in for a model's endpoint: the OpenAI API over HTTP, answers worked out from the facts, faults on demand."""

from __future__ import annotations

from .faults import KINDS, Faults
from .server import Echo, serve

__all__ = ["KINDS", "Echo", "Faults", "serve"]
