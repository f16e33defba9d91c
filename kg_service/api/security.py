"""What every answer tells browsers, and which writes of browsers are believed."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..core.errors import CrossSite
from .cookies import is_https, session_cookie
from .errors import STATUS, problem

_POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
# The style sheet of Swagger UI holds its marks itself. Images run nothing.
_POLICIES = {"/docs": f"{_POLICY}; img-src 'self' data:"}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: browsers would then call the origin of our own forms null.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_YEAR = 365 * 24 * 3600
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Whoever could make a browser sign in here under a strange name would have its owner's work done under that name.
_SIGNING_IN = frozenset({"/v1/session", "/sign-in", "/first"})
# Where an Authorization header signs a request, and a cookie beside it is not looked at.
_PROGRAMS = ("/v1/", "/fhir/", "/sparql")


class Security:
    """ASGI middleware: security headers on every answer, and a check where a write of a browser comes from.

    A write that is signed by a session's cookie must prove that it comes from our own pages (`Sec-Fetch-Site`, or else
    `Origin`); one that signs in must not come from another's. Where programs write, an Authorization header takes the
    cookie's place, so there is none to abuse. Pages know the cookie only, whatever a proxy's own sign-in sends with it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        secure, path = is_https(connection), scope["path"]

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers["Content-Security-Policy"] = _POLICIES.get(path, _POLICY)
                if secure:
                    headers["Strict-Transport-Security"] = f"max-age={_YEAR}"
            await send(message)

        if refused := _refusal(connection, scope["method"], path):
            answer = problem(STATUS[CrossSite.code], CrossSite.code, refused)
            await answer(scope, receive, sending)
            return
        await self.app(scope, receive, sending)


def _refusal(connection: HTTPConnection, method: str, path: str) -> str:
    """Why a write is not believed; empty for one that is."""
    if method in _READING or ("authorization" in connection.headers and path.startswith(_PROGRAMS)):
        return ""
    signed = bool(session_cookie(connection))
    if not signed and path.rstrip("/") not in _SIGNING_IN:
        return ""
    ours = _is_ours(connection.headers, connection.app.state.settings.public_url)
    if ours is False:
        return "this write comes from a page of another site"
    if ours is None and signed:
        return "a write with a session's cookie must say where it comes from, by Sec-Fetch-Site or Origin"
    return ""


def _is_ours(headers: Headers, public_url: str) -> bool | None:
    """Whether a browser says that a request comes from a page of ours; None where it does not say."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    if origin is None:
        return None
    # The scheme may have changed at a proxy; the host and port are those that the browser knows.
    try:
        given = urlsplit(origin).netloc.lower()
    except ValueError:
        return False
    hosts = {headers.get("host", "").lower(), urlsplit(public_url).netloc.lower()} - {""}
    return given in hosts
