"""Back-ends: what answers a Request. A Python function, a checkpoint on this machine, a server elsewhere."""

from __future__ import annotations

from .backend import Backend, ModelUnavailable, Streaming
from .function import FunctionBackend
from .settings import ModelSource, open_backend

__all__ = ["Backend", "FunctionBackend", "ModelSource", "ModelUnavailable", "Streaming", "open_backend"]
