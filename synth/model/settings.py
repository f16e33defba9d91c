"""The `[model]` table of a configuration: which endpoint, at what price, under which limits."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..part import Part


class ModelSettings(Part):
    """An OpenAI-compatible endpoint. The key is read from the environment variable `key_env`, never from a file."""

    base_url: str = ""
    name: str = ""
    key_env: str = "OPENAI_API_KEY"
    mode: Literal["live", "batch"] = "live"
    sees: bool = True
    temperature: float = Field(default=0.2, ge=0, le=2)
    max_tokens: int = Field(default=1200, ge=16)
