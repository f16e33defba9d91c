"""What each operation may be asked with, the same by query string (GET) and by a Parameters resource (POST)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from ...core.errors import UnknownTerminology
from ...wire import MAX_QUERY, ShortText
from ...wire.fhir import Coding, Parameters
from .systems import SYSTEM

_MAX_COUNT = 1_000_000


class Asked(BaseModel):
    """Parameters that an operation does not use are ignored, as FHIR asks. The last of several values counts."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")

    many: ClassVar[frozenset[str]] = frozenset()

    version: ShortText | None = None

    @classmethod
    def read(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        """
        Raises:
            ValidationError: a value that is needed is missing, or one cannot be used.
        """
        gathered: dict[str, list[str]] = {}
        for name, value in pairs:
            gathered.setdefault(name, []).append(value)
        return cls.model_validate({name: v if name in cls.many else v[-1] for name, v in gathered.items()})

    @classmethod
    def described(cls) -> list[dict[str, Any]]:
        """The OpenAPI parameters of the GET form."""
        schema = cls.model_json_schema()
        needed = schema.get("required", ())
        return [
            {"name": name, "in": "query", "required": name in needed, "schema": kind}
            for name, kind in schema["properties"].items()
        ]


class LookupAsked(Asked):
    many = frozenset({"property"})

    system: ShortText = SYSTEM
    code: ShortText
    property: list[ShortText] = Field(default=[], max_length=100)


class _Validate(Asked):
    system: ShortText | None = None
    code: ShortText
    display: ShortText | None = None


class ValidateAsked(_Validate):
    url: ShortText | None = None


class ValidateInAsked(_Validate):
    url: ShortText
    version: ShortText | None = Field(None, alias="systemVersion")


class SubsumesAsked(Asked):
    many = frozenset({"system"})

    system: list[ShortText] = Field(default=[], max_length=4)
    code_a: ShortText
    code_b: ShortText


class TranslateAsked(Asked):
    url: ShortText | None = None
    system: ShortText
    code: ShortText
    targetsystem: ShortText | None = None


class ExpandAsked(Asked):
    version: ShortText | None = Field(None, alias="valueSetVersion")
    url: ShortText
    filter: str = Field("", max_length=MAX_QUERY)
    offset: int = Field(0, ge=0, le=_MAX_COUNT)
    count: int | None = Field(None, ge=0, le=_MAX_COUNT)
    include_designations: bool = False


def pairs_of(body: Parameters) -> Iterator[tuple[str, str]]:
    """A Parameters resource as the pairs of a query string. Of several codings, one of ours counts, else the first."""
    for parameter in body.parameter:
        if codings := parameter.codings():
            chosen = next((coding for coding in codings if coding.system == SYSTEM), codings[0])
            yield from _pairs_of_coding(chosen, _CODES.get(parameter.name, "code"))
        elif (value := parameter.text()) is not None:
            yield parameter.name, value


_CODES = {"codingA": "codeA", "codingB": "codeB"}


def _pairs_of_coding(coding: Coding, code: str) -> Iterator[tuple[str, str]]:
    named = {"system": coding.system, "version": coding.version, code: coding.code, "display": coding.display}
    yield from ((name, value) for name, value in named.items() if value is not None)


def our_system(*systems: str | None) -> None:
    """
    Raises:
        UnknownTerminology: one of these is a code system that is not ours.
    """
    for system in systems:
        if system is not None and system.partition("|")[0] != SYSTEM:
            raise UnknownTerminology(f"the code system here is {SYSTEM}, not {system}")
