"""What the operator's routes answer."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class Ready(BaseModel):
    """The service can do all of its work."""

    status: Literal["ready"]
    revision: str = Field(description="version of the database's tables")
    release: str = Field(description="id of the newest release in the database")
    seq: int = Field(description="the last change in the database")
    behind: int = Field(ge=0, description="changes that this worker has not yet heard of")
    feed: int | None = Field(
        description="changes that the copy in a SPARQL server lacks; null where this process keeps none"
    )
