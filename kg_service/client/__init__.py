"""Get a release from the service, a cache or a file, and ask the service over REST."""

from __future__ import annotations

from .load import KnowledgeSource, load, pull
from .remote import RemoteKnowledge

__all__ = ["KnowledgeSource", "RemoteKnowledge", "load", "pull"]
