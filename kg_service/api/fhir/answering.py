"""How the FHIR face reads and answers: its media type, and an OperationOutcome for every error of ours."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.responses import JSONResponse, Response

from ...core.errors import NotAcceptable, SkinR1Error
from ...wire.fhir import OperationOutcome, Parameters
from ..dependencies import json_body
from ..errors import STATUS, BodyInvalid, headers_of
from ..reading import to_json
from .asked import Asked, pairs_of
from .capability import MEDIA_TYPE

_Asked = TypeVar("_Asked", bound=Asked)
_log = logging.getLogger("kg_service.api")

# FHIR's own words for what went wrong (http://hl7.org/fhir/issue-type), by status.
_ISSUES = {401: "login", 403: "forbidden", 404: "not-found", 406: "not-supported", 410: "deleted", 413: "too-costly",
           503: "transient"}  # fmt: skip


class FhirResponse(JSONResponse):
    """A FHIR resource."""

    media_type = MEDIA_TYPE

    def render(self, content: object) -> bytes:
        return to_json(content)


class FhirRoute(APIRoute):
    """A route whose errors are OperationOutcomes."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                _only_json(request)
                return await handler(request)
            except BodyInvalid as error:
                said = "; ".join(f"{field}: {message}" for field, message in error.errors[:5])
                return outcome(422, "request-invalid", f"the request cannot be used: {said}")
            except RequestValidationError as error:
                said = "; ".join(f"{'.'.join(map(str, e['loc'][1:]))}: {e['msg']}" for e in error.errors()[:5])
                return outcome(422, "request-invalid", f"the request cannot be used: {said}")
            except SkinR1Error as error:
                status = STATUS.get(error.code, 500)
                if status >= 500:
                    _log.error("%s %s: %s", request.method, request.url.path, error)
                return outcome(status, error.code, str(error), headers_of(error, status))

        return handle


def _only_json(request: Request) -> None:
    wanted = request.query_params.get("_format") or request.headers.get("accept") or "*/*"
    if not any(kind in wanted for kind in ("json", "*/*", "application/*")):
        raise NotAcceptable(f"this answers {MEDIA_TYPE} and nothing else")


def outcome(status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """An OperationOutcome of one issue. `diagnostics` is the stable code of the error."""
    issue = {
        "severity": "error",
        "code": _ISSUES.get(status, "invalid" if status < 500 else "exception"),
        "details": {"text": detail},
        "diagnostics": code,
    }
    body = {"resourceType": "OperationOutcome", "issue": [issue]}
    return FhirResponse(body, status, {**(headers or {}), "Cache-Control": "no-store"})


def by_query(model: type[_Asked]) -> Callable[[Request], Awaitable[_Asked]]:
    """A dependency that reads the query string.

    Raises (inside the request):
        BodyInvalid: not this model; every wrong parameter is named.
    """

    async def read(request: Request) -> _Asked:
        return _checked(model, request.query_params.multi_items())

    return read


def by_body(model: type[_Asked]) -> Callable[[Request], Awaitable[_Asked]]:
    """A dependency that reads a Parameters resource.

    Raises (inside the request):
        BodyInvalid: not Parameters, or not this model; every wrong parameter is named.
    """
    parameters = json_body(Parameters)

    async def read(request: Request) -> _Asked:
        return _checked(model, pairs_of(await parameters(request)))

    return read


def _checked(model: type[_Asked], pairs: Any) -> _Asked:
    try:
        return model.read(pairs)
    except ValidationError as error:
        listed = error.errors(include_url=False, include_input=False, include_context=False)
        raise BodyInvalid([(".".join(map(str, item["loc"])), item["msg"]) for item in listed]) from error


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": OperationOutcome, "description": "why the operation cannot be done"} for status in ("4XX", "5XX")
}
