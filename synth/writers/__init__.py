"""Writers fill a plan with words. The offline one needs no network and no model."""

from __future__ import annotations

from .draft import Draft, Writer
from .offline import OfflineWriter

__all__ = ["Draft", "OfflineWriter", "Writer"]
