"""The few shapes of FHIR R4 that the terminology face takes and gives. What it does not use is ignored."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from . import ShortText
from .answers import Answer


class Coding(Answer):
    """A code, and the system it belongs to."""

    system: ShortText | None = None
    version: ShortText | None = None
    code: ShortText | None = None
    display: ShortText | None = None


class CodeableConcept(Answer):
    """One meaning in several codings."""

    coding: list[Coding] = Field(default_factory=list, max_length=100)
    text: ShortText | None = None


class Parameter(Answer):
    """A named value; FHIR spells the type of the value into its key."""

    name: ShortText
    value_string: ShortText | None = None
    value_code: ShortText | None = None
    value_uri: ShortText | None = None
    value_canonical: ShortText | None = None
    value_boolean: bool | None = None
    value_integer: int | None = None
    value_coding: Coding | None = None
    value_codeable_concept: CodeableConcept | None = None
    part: list[Parameter] | None = Field(None, max_length=100)

    def text(self) -> str | None:
        """The value as it would stand in a query string; None for a coding or a concept."""
        if self.value_boolean is not None:
            return str(self.value_boolean).lower()
        if self.value_integer is not None:
            return str(self.value_integer)
        return next((v for v in (self.value_string, self.value_code, self.value_uri, self.value_canonical) if v), None)

    def codings(self) -> list[Coding]:
        """The codings the value holds."""
        if self.value_coding is not None:
            return [self.value_coding]
        return self.value_codeable_concept.coding if self.value_codeable_concept else []


class Parameters(Answer):
    """What an operation is asked with, and what most of them answer."""

    resource_type: Literal["Parameters"]
    parameter: list[Parameter] = Field(default_factory=list, max_length=1_000)


class Designation(Answer):
    """Another name of a code."""

    use: Coding | None = None
    value: str


class Contained(Answer):
    """A code of an expansion."""

    system: str
    code: str
    display: str
    designation: list[Designation] | None = None


class Expansion(Answer):
    """One page of the codes of a value set; `total` counts them all."""

    timestamp: str
    total: int
    offset: int
    parameter: list[Parameter]
    contains: list[Contained]


class ValueSet(Answer):
    """A value set with its expansion."""

    resource_type: Literal["ValueSet"]
    url: str
    version: str
    status: Literal["active", "draft"]
    expansion: Expansion


class CapabilityStatement(Answer):
    """What this face can do: a CapabilityStatement, or with `mode=terminology` a TerminologyCapabilities."""

    resource_type: Literal["CapabilityStatement", "TerminologyCapabilities"]
    status: Literal["active"]
    date: str
    kind: Literal["instance"]


class CodeableText(Answer):
    """What went wrong, for people."""

    text: str


class Issue(Answer):
    """One thing that went wrong."""

    severity: Literal["error"]
    code: str
    details: CodeableText
    diagnostics: str = Field(description="the stable code of the error")


class OperationOutcome(Answer):
    """How this face says that it cannot answer."""

    resource_type: Literal["OperationOutcome"]
    issue: list[Issue]
