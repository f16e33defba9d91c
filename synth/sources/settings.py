"""The `[source]` table of a configuration."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from ..part import Part


class Source(Part):
    """Where cases come from.

    `folder` holds a dataset in its published layout. `shares` says how the groups (patients, else lesions) of a real
    dataset are spread over splits. `skip_unreadable` counts missing and broken images instead of stopping.
    """

    name: Literal["phantom", "ham10000", "pad-ufes-20"] = "phantom"
    folder: str = ""
    shares: dict[str, float] = {"sft": 0.3, "rl": 0.5, "test": 0.2}
    skip_unreadable: bool = False
    limit: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _usable(self) -> Source:
        if self.name != "phantom" and not self.folder:
            raise ValueError(f"source {self.name!r} needs a folder")
        if not self.shares or min(self.shares.values()) <= 0 or abs(sum(self.shares.values()) - 1) > 1e-6:
            raise ValueError("shares must be above 0 and sum to 1")
        return self
