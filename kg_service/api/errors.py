"""Errors to RFC 9457 problems. The only place that knows both a stable error code and an HTTP status."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ..core.errors import ConceptRetired, SkinR1Error

MEDIA_TYPE = "application/problem+json"
_TYPE = "https://w3id.org/skin-r1/problems/"

STATUS: dict[str, int] = {
    "unknown-concept": 404,
    "concept-retired": 410,
    "unknown-feature": 404,
    "unknown-release": 404,
    "unknown-differential": 404,
    "unknown-crosswalk": 404,
    "request-invalid": 422,
    "request-too-large": 413,
    "gold-unresolved": 422,
    "options-invalid": 422,
    "record-invalid": 422,
    "knowledge-invalid": 422,
    "cycle-found": 422,
    "turtle-broken": 422,
    "digest-mismatch": 409,
    "knowledge-unavailable": 503,
    "config-invalid": 500,
    "image-unreadable": 422,
    "unauthenticated": 401,
    "forbidden": 403,
    "cross-site": 403,
    "too-many-attempts": 429,
    "unknown-account": 404,
    "account-exists": 409,
    "last-admin": 409,
    "invitation-invalid": 410,
    "password-refused": 422,
    "identity-refused": 401,
    "identity-unavailable": 503,
    "no-identity-provider": 404,
    "storage-unavailable": 503,
    "schema-mismatch": 503,
    "history-broken": 500,
    "backup-invalid": 500,
    "not-acceptable": 406,
    "query-invalid": 400,
    "query-too-large": 422,
    "query-timeout": 504,
    "sandbox-unavailable": 503,
    "feed-unavailable": 503,
    "unknown-proposal": 404,
    "unknown-change": 404,
    "not-stated": 404,
    "precondition-required": 428,
    "stale": 412,
    "edit-conflict": 409,
    "proposal-closed": 409,
    "nothing-changed": 422,
    "release-exists": 409,
    "seq-unknown": 409,
    "unknown-dataset": 404,
    "unknown-label": 404,
    "unknown-decision": 404,
    "decision-conflict": 409,
    "unknown-terminology": 404,
    "skin-r1-error": 500,
}

# What the web server itself refuses, before any of our code runs.
_HTTP_CODES = {401: "unauthenticated", 403: "forbidden", 404: "not-found", 405: "method-not-allowed",
               413: "request-too-large"}  # fmt: skip

_NAMED_IN_BODIES = {"unknown-concept", "concept-retired", "unknown-feature"}

_log = logging.getLogger("kg_service.api")


class BodyInvalid(Exception):
    """A JSON body that is not what the operation takes. `errors` holds (field, what is wrong)."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        self.errors = errors
        super().__init__(str(errors))


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, object] | None = None,
) -> Response:
    """A problem+json response. Plain ASCII JSON, so that no text can break it."""
    body = {
        "type": _TYPE + code,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **(extra or {}),
    }
    sent = {**(headers or {}), "Cache-Control": "no-store"}
    return Response(json.dumps(body), status, sent, media_type=MEDIA_TYPE)


async def our_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, SkinR1Error)
    status = STATUS.get(error.code, 500)
    if error.code in _NAMED_IN_BODIES and request.method in ("POST", "PUT"):
        status = 422  # the address exists; it is the body that names something unknown
    if status >= 500:
        _log.error("%s %s: %s", request.method, request.url.path, error)
    listed = {name: list(getattr(error, name)) for name in ("findings", "rows") if getattr(error, name, ())}
    if isinstance(error, ConceptRetired):
        listed["replacedBy"] = list(error.replaced_by)
    return problem(status, error.code, str(error), headers=headers_of(error, status), extra=listed)


def headers_of(error: Exception, status: int) -> dict[str, str]:
    """What HTTP wants beside some statuses: how to sign in, and when to come back."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if (seconds := getattr(error, "retry_after", None)) is not None:
        headers["Retry-After"] = str(seconds)
    return headers


async def _wrong_body(_request: Request, error: Exception) -> Response:
    assert isinstance(error, BodyInvalid)
    return _invalid("body", error.errors)


async def _wrong_parameter(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _invalid("query", [(".".join(map(str, e["loc"][1:])), e["msg"]) for e in error.errors()])


def _invalid(where: str, errors: list[tuple[str, str]]) -> Response:
    listed = [{"in": where, "field": field, "message": message} for field, message in errors]
    said = "; ".join(f"{field or where}: {message}" for field, message in errors[:5])
    more = f"; and {len(errors) - 5} more" if len(errors) > 5 else ""
    return problem(422, "request-invalid", f"the {where} cannot be used: {said}{more}", extra={"errors": listed})


async def http_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _HTTP_CODES.get(error.status_code, "http-error")
    return problem(error.status_code, code, str(error.detail), headers=error.headers)


async def unexpected(request: Request, error: Exception) -> Response:
    """A defect of ours: it is logged with its traceback; the caller learns nothing about our insides."""
    _log.exception("%s %s failed", request.method, request.url.path, exc_info=error)
    said = "the service failed to answer; the operator finds the reason in its log"
    request_id = getattr(request.state, "request_id", "")
    return problem(500, "skin-r1-error", said, extra={"request": request_id})


def install(app: FastAPI) -> None:
    """Make every error of the app that is no defect a problem; `unexpected` is for the others."""
    app.add_exception_handler(SkinR1Error, our_problem)
    app.add_exception_handler(BodyInvalid, _wrong_body)
    app.add_exception_handler(RequestValidationError, _wrong_parameter)
    app.add_exception_handler(HTTPException, http_problem)


# How the OpenAPI pages describe every error.
_PROBLEM = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
RESPONSES: dict[int | str, dict[str, object]] = {
    "4XX": {**_PROBLEM, "description": "RFC 9457 problem: the request cannot be answered, and why"},
    "5XX": {**_PROBLEM, "description": "RFC 9457 problem: the service cannot answer now"},
}
