"""What imports answer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from .changes import ChangeBody
from .editing import ProposalInfo

ExportFormat = Literal["xlsx", "csv", "turtle", "json-ld", "obo", "graphml", "node-link", "published"]
ImportFormat = Literal["xlsx", "csv", "turtle"]
ImportMode = Literal["add", "edit"]

MAX_IMPORT_BYTES = 32 * 1024 * 1024
MAX_FINDINGS = 1_000


class ImportCounts(BaseModel):
    """How many of each there are, listed or not."""

    rows: int
    changes: int
    unchanged: Annotated[int, Field(description="rows that say what stands already")]
    findings: int


class ImportPlan(BaseModel):
    """What an import would do."""

    changes: list[ChangeBody]
    sentences: Annotated[list[str], Field(description="the changes in words, in their order")]
    findings: Annotated[
        list[str], Field(description=f"why rows are left out, with file, row and column; the first {MAX_FINDINGS}")
    ]
    unchanged: int
    counts: ImportCounts


class ImportMade(BaseModel):
    """What an import proposed."""

    proposal: ProposalInfo
    sentences: list[str]
    findings: list[str]
    unchanged: int
    counts: ImportCounts
