"""The `[watch]` table of a GRPO configuration."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Watch(BaseModel):
    """Package T2 fills this."""

    model_config = ConfigDict(extra="forbid", frozen=True)
