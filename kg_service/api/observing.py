"""Every request is given an id, counted, and written to the log: who asked what, by its template, and how it ended.

Never the address as it was asked (it may hold a one-time code), nor a body, header, token or cookie.
"""

from __future__ import annotations

import logging
import re
import secrets
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import logs
from .metrics import Metrics

REQUEST_ID = b"x-request-id"
_OURS = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_QUIET = frozenset({"/v1/health", "/v1/ready", "/metrics"})  # asked every few seconds by machines
_READS = frozenset({"GET", "HEAD"})
_log = logging.getLogger(logs.REQUESTS)


class Observing:
    """Middleware. A well-formed `X-Request-ID` of the caller (a proxy, say) is kept; every answer names its own."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500  # what the server makes of an answer that never began
        noted = False
        request = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request
        logs.request_id.set(request)  # each request is a task with a context of its own

        async def sending(message: Message) -> None:
            nonlocal status, noted
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (REQUEST_ID, request.encode())]
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                noted = True  # here and not at the end: what runs in the background is not the caller's time
                self._note(scope, status, time.perf_counter() - began)

        try:
            await self.app(scope, receive, sending)
        finally:
            if not noted:
                self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = _template(scope)
        self.metrics.count(scope["method"], route, status, seconds)
        if route in _QUIET and status < 400:
            return
        level = logging.DEBUG if scope["method"] in _READS and status < 400 else logging.INFO
        if _log.isEnabledFor(level):
            said = {"method": scope["method"], "route": route, "status": status, "ms": round(seconds * 1000, 1)}
            if (actor := scope["state"].get("actor")) is not None:
                said["actor"] = actor.name
            _log.log(level, "request", extra=said)


def _request_id(scope: Scope) -> str:
    given = next((value for name, value in scope["headers"] if name == REQUEST_ID), b"")
    return given.decode() if _OURS.fullmatch(given) else secrets.token_hex(8)


def _template(scope: Scope) -> str:
    """The route's path with names for what varies; empty where no route took the request."""
    whole = scope.get("fastapi", {}).get("effective_route_context")  # knows the prefix that the router was given
    return getattr(whole or scope.get("route"), "path", "")
