"""What a model is told before it writes: the rules of all texts and those of each kind."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from kg_service.core.trajectory import Kind


@cache
def system(kind: Kind) -> str:
    """The system prompt of a kind: `rules.md` and the kind's own file."""
    return f"{_text('rules')}\n{_text(kind.value)}"


@cache
def version() -> str:
    """A hash of all prompts, 12 digits: another word, another version."""
    return hashlib.sha256("\x1f".join(system(kind) for kind in Kind).encode()).hexdigest()[:12]


def _text(name: str) -> str:
    return (files(__name__) / f"{name}.md").read_text(encoding="utf-8")
