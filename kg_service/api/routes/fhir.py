"""The FHIR R4 terminology face, JSON only. The code system's version is the release's id.

Every operation answers GET with a query string and POST with a Parameters resource alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...core.errors import UnknownTerminology
from ...core.knowledge import Knowledge
from ...editorial.times import timestamp
from ...wire import fhir as shapes
from ..dependencies import ClockNow, ReadingNow, ViewsNow
from ..fhir import capability, codes, maps, sets
from ..fhir.answering import RESPONSES, FhirResponse, FhirRoute, by_body, by_query
from ..fhir.asked import (
    Asked,
    ExpandAsked,
    LookupAsked,
    SubsumesAsked,
    TranslateAsked,
    ValidateAsked,
    ValidateInAsked,
    our_system,
)
from ..fhir.parameters import Resource
from ..fhir.systems import MAP, crosswalk_system
from ..openapi import gives
from ..reading import Reading
from ..views import Views

router = APIRouter(
    prefix="/fhir", tags=["fhir"], route_class=FhirRoute, default_response_class=FhirResponse, responses=RESPONSES
)

_Asked = TypeVar("_Asked", bound=Asked)


@dataclass(frozen=True, slots=True)
class _State:
    """What an operation is asked of: a release, or a draft as it is now."""

    knowledge: Knowledge
    version: str
    at: str
    published: bool


def _state(reading: Reading, now: datetime) -> _State:
    release = reading.release
    return _State(reading.knowledge, release.id, release.at or timestamp(now), published=bool(release.at))


@router.get("/metadata", responses=gives(shapes.CapabilityStatement))
async def metadata(
    request: Request, reading: ReadingNow, now: ClockNow, mode: Literal["full", "normative", "terminology"] = "full"
) -> Response:
    """What this face can do. `mode=terminology` gives the TerminologyCapabilities."""
    state, software = _state(reading, now), request.app.version
    if mode == "terminology":
        return FhirResponse(capability.terminology_capabilities(state.version, state.at, software))
    return FhirResponse(capability.capability_statement(state.at, software))


def _lookup(state: _State, given: LookupAsked) -> Resource:
    our_system(given.system)
    return codes.lookup(state.knowledge, state.version, given.code, given.property)


def _validate(state: _State, given: ValidateAsked) -> Resource:
    our_system(given.url)
    return codes.validate(state.knowledge, given.system, given.code, given.display)


def _validate_in(state: _State, given: ValidateInAsked) -> Resource:
    return sets.validate_in(state.knowledge, given.url, given.system, given.code, given.display)


def _subsumes(state: _State, given: SubsumesAsked) -> Resource:
    our_system(*given.system)
    return codes.subsumes(state.knowledge, given.code_a, given.code_b)


def _translate(state: _State, given: TranslateAsked) -> Resource:
    if given.url not in (None, MAP):
        raise UnknownTerminology(f"the one concept map here is {MAP}")
    return maps.translate(state.knowledge, given.system, given.code, given.targetsystem)


def _expand(state: _State, given: ExpandAsked) -> Resource:
    return sets.expand(
        state.knowledge,
        state.version,
        state.at,
        given.url,
        text=given.filter,
        offset=given.offset,
        count=given.count,
        with_designations=given.include_designations,
        published=state.published,
    )


def _declare(
    path: str,
    asked: type[_Asked],
    do: Callable[[_State, _Asked], Resource],
    what: str,
    answer: type[BaseModel] = shapes.Parameters,
) -> None:
    """One operation under both methods."""
    name = path.strip("/").replace("/$", "_").replace("-", "_").lower()

    def work(views: Views, reading: Reading, now: datetime, given: _Asked) -> Response:
        asked_of = views.at(given.release) if given.release else reading
        return FhirResponse(do(_state(asked_of, now), given))

    from_query, from_body = Depends(by_query(asked)), Depends(by_body(asked))

    async def by_get(views: ViewsNow, reading: ReadingNow, now: ClockNow, given: _Asked = from_query) -> Response:
        return await run_in_threadpool(work, views, reading, now, given)

    async def by_post(views: ViewsNow, reading: ReadingNow, now: ClockNow, given: _Asked = from_body) -> Response:
        return await run_in_threadpool(work, views, reading, now, given)

    said: dict[str, Any] = {"name": name, "description": what, "responses": gives(answer)}
    router.get(path, openapi_extra={"parameters": asked.described()}, **said)(by_get)
    router.post(path, openapi_extra=_TAKES_PARAMETERS, **said)(by_post)


_TAKES_PARAMETERS = {
    "requestBody": {
        "required": True,
        "content": {capability.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Parameters"}}},
    }
}

_declare("/CodeSystem/$lookup", LookupAsked, _lookup, "Name, synonyms, place, condition and matches of a code.")
_declare("/CodeSystem/$validate-code", ValidateAsked, _validate, "Whether a code, and a display of it, is one.")
_declare("/CodeSystem/$subsumes", SubsumesAsked, _subsumes, "How two codes stand in the hierarchy.")
_declare("/ValueSet/$validate-code", ValidateInAsked, _validate_in, "Whether a code is in a value set.")
_declare("/ValueSet/$expand", ExpandAsked, _expand, sets.__doc__ or "", shapes.ValueSet)
_declare(
    "/ConceptMap/$translate",
    TranslateAsked,
    _translate,
    "What stands for a code elsewhere: Disease Ontology and ICD-10-CM by their matches, a dataset's label "
    f"(system {crosswalk_system('DATASET')}) by its crosswalk.",
)
