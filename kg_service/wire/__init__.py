"""The bodies of the REST API, shared by the service (which validates them) and the client (which writes them).

Names on the wire are camelCase where they mirror SKOS (`prefLabel`) and snake_case where they are columns of numbers
(`spec_digest`), as the outside contract fixes them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# One request may carry this much; more belongs into a second request or into the trainer's own process.
MAX_SCORE_ROWS = 200_000
MAX_RESOLVE_ROWS = 50_000
MAX_MEET_ROWS = 200_000
MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_PAGE = 1_000
MAX_QUERY = 500
MAX_SEQ = 1 << 62

ShortText = Annotated[str, StringConstraints(max_length=2_000)]
# Checking ends at the first wrong row: a column of millions must not become millions of errors, a kilobyte each.
Column = Annotated[list[ShortText], Field(fail_fast=True)]
ConditionWord = Literal["benign", "precancerous or in situ", "malignant", "non-neoplastic"]


class Wire(BaseModel):
    """An unknown key is a misspelt key: it fails instead of being ignored."""

    model_config = ConfigDict(extra="forbid")


class ResolveRequest(Wire):
    """Labels to resolve; `dataset` names the crosswalk that is asked first."""

    labels: Column
    dataset: ShortText | None = None

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"labels": ["melanoma", "no melanoma"], "dataset": None}]}
    )


class MeetRequest(Wire):
    """Pairs of concept ids, as two columns of equal length."""

    a: Column
    b: Column

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"a": ["melanoma"], "b": ["melanocytic-nevus"]}]}
    )


class ScoreRequest(Wire):
    """Replies (or bare diagnosis labels) and golds, as columns of equal length.

    `labels` asks for the granularity term alone. `conditions` are what the cases themselves state, `paths` the cases'
    own lineages for the option-rank reward.
    """

    golds: Column
    replies: Annotated[list[str], Field(fail_fast=True)] | None = None
    labels: Column | None = None
    spec: ShortText = "paper"
    options: Annotated[list[Column | None], Field(fail_fast=True)] | None = None
    conditions: Annotated[list[ConditionWord | None], Field(fail_fast=True)] | None = None
    paths: Annotated[list[Column | None], Field(fail_fast=True)] | None = None
    dialect: Literal["skin-r1", "released"] = "skin-r1"

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "replies": [
                        "<thinking>irregular border, several colours</thinking>"
                        "<diagnosis>melanoma</diagnosis><condition>malignant</condition>"
                    ],
                    "golds": ["superficial-spreading-melanoma"],
                    "spec": "paper",
                    "options": None,
                }
            ]
        },
    )


class ReleaseInfo(BaseModel):
    """What a release is: an immutable name for a digest."""

    id: str
    seq: int = Field(description="the last change the release holds")
    digest: str = Field(description="sha256 of the snapshot bytes")
    at: str = Field(description="when it was published, ISO 8601, UTC")
    concepts: int
    notes: str = ""
    signed_by: str = Field(default="", description="who signed it off")


class Problem(BaseModel):
    """RFC 9457 problem details. `code` is stable; `errors` names the fields of a body that is wrong."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[dict[str, Any]] | None = None
    findings: list[str] | None = None
    rows: list[str] | None = None
    replaced_by: list[str] | None = Field(None, alias="replacedBy", description="what stands for a retired id now")
