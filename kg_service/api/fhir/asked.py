"""What each operation may be asked with, the same by query string (GET) and by a Parameters resource (POST)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from ...core.errors import UnknownTerminology
from ...wire import MAX_QUERY
from ...wire.fhir import Coding, Parameters
from .systems import SYSTEM

_MAX_COUNT = 1_000_000
# Short enough for several of them in an address, percent-encoded.
_Text = Annotated[str, StringConstraints(max_length=MAX_QUERY)]


class Asked(BaseModel):
    """Parameters that an operation does not use are ignored, as FHIR asks. The last of several values counts."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")

    many: ClassVar[frozenset[str]] = frozenset()

    version: _Text | None = None

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

    @property
    def release(self) -> str | None:
        """The release that is asked, None for the one of the request."""
        return self.version

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

    system: _Text = SYSTEM
    code: _Text
    property: list[_Text] = Field(default=[], max_length=100)


class _Validate(Asked):
    system: _Text | None = None
    code: _Text
    display: _Text | None = None


class ValidateAsked(_Validate):
    url: _Text | None = None


class ValidateInAsked(_Validate):
    url: _Text
    version: _Text | None = Field(None, alias="systemVersion")


class SubsumesAsked(Asked):
    many = frozenset({"system"})

    system: list[_Text] = Field(default=[], max_length=4)
    code_a: _Text
    code_b: _Text


class TranslateAsked(Asked):
    url: _Text | None = None
    system: _Text
    code: _Text
    targetsystem: _Text | None = None

    @property
    def release(self) -> str | None:
        return self.version if self.system == SYSTEM else None  # `version` is that of the system


class ExpandAsked(Asked):
    version: _Text | None = Field(None, alias="valueSetVersion")
    url: _Text
    filter: _Text = ""
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
    version = coding.version if coding.system in (None, SYSTEM) else None
    named = {"system": coding.system, "version": version, code: coding.code, "display": coding.display}
    yield from ((name, value) for name, value in named.items() if value is not None)


def our_system(*systems: str | None) -> None:
    """
    Raises:
        UnknownTerminology: one of these is a code system that is not ours.
    """
    for system in systems:
        if system is not None and system.partition("|")[0] != SYSTEM:
            raise UnknownTerminology(f"the code system here is {SYSTEM}, not {system}")
