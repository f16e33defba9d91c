"""Single sign-on: to the identity provider and back."""

from __future__ import annotations

import logging
from html import escape
from typing import Annotated, Any
from urllib.parse import quote, unquote

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ...core.errors import IdentityRefused, NoIdentityProvider
from ...editorial.accounts.identities import sign_in_identity
from ...editorial.accounts.oidc import authorization_url, identify
from ...editorial.accounts.provider import Provider
from ...editorial.accounts.secret import new_secret
from ..cookies import is_https, set_session
from ..dependencies import ClockNow, DatabaseNow
from ..signing import own_path

Responses = dict[int | str, dict[str, Any]]

router = APIRouter(prefix="/session/oidc", tags=["session"])

_log = logging.getLogger("kg_service.accounts")
_COOKIE = "skin-r1-sign-on"
_NEXT = "skin-r1-next"
_MINUTES = 10
_ON = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={after}">
<link rel="icon" href="/static/icon.svg">
<title>You are signed in</title>
<p>This browser is signed in as {name}. <a href="{after}">Go on</a></p>
</html>
"""
_Text = Annotated[str, Query(max_length=4_000)]
_Next = Annotated[str, Query(alias="next", max_length=2_000, description="the page of the desk to go on to")]
_AWAY: Responses = {303: {"description": "to the identity provider"}}
_PAGE: Responses = {
    200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "the browser is signed in"}
}


@router.get("", status_code=303, response_class=RedirectResponse, responses=_AWAY)
async def sign_on(request: Request, after: _Next = "") -> Response:
    """Send the browser to the identity provider, where one is configured."""
    provider, secret = _provider(request), new_secret()
    url = await run_sync(
        lambda: authorization_url(provider, secret, callback=_callback(request)), limiter=request.app.state.sign_ons
    )
    answer = RedirectResponse(url, 303, {"Cache-Control": "no-store"})
    _keep(answer, request, _COOKIE, secret)
    _keep(answer, request, _NEXT, quote(own_path(after), safe=""))
    return answer


@router.get("/callback", response_class=HTMLResponse, responses=_PAGE)
async def come_back(
    request: Request, database: DatabaseNow, now: ClockNow, code: _Text = "", state: _Text = "", error: _Text = ""
) -> Response:
    """Where the identity provider sends the browser back to. It answers with a page that leads on by itself, and not
    with a redirection: a browser would not send the new cookie with one that began at another site."""
    provider = _provider(request)
    if error or not code:
        raise IdentityRefused("the identity provider did not sign you in")
    held = request.cookies.get(_name(request, _COOKIE), "")
    after = own_path(unquote(request.cookies.get(_name(request, _NEXT), "")))
    identity = await run_sync(
        lambda: identify(provider, held, code=code, state=state, callback=_callback(request), now=now),
        limiter=request.app.state.sign_ons,
    )
    name, secret = await run_in_threadpool(sign_in_identity, database, identity, now=now)
    _log.info("%s signed in by %s", name, provider.issuer)
    answer = HTMLResponse(_ON.format(name=escape(name), after=escape(after)), headers={"Cache-Control": "no-store"})
    set_session(answer, request, secret)
    for cookie in (_COOKIE, _NEXT):
        _keep(answer, request, cookie, "", seconds=0)
    return answer


def _provider(request: Request) -> Provider:
    provider = request.app.state.provider
    if provider is None:
        raise NoIdentityProvider("this service has no identity provider; sign in with a password")
    return provider


def _callback(request: Request) -> str:
    base = request.app.state.settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
    return f"{base}/v1/session/oidc/callback"


def _name(request: Request, cookie: str) -> str:
    return f"__Host-{cookie}" if is_https(request) else cookie


def _keep(answer: Response, request: Request, cookie: str, value: str, *, seconds: int = 60 * _MINUTES) -> None:
    # Lax, not strict: the provider's redirection back to us must bring it.
    answer.set_cookie(
        _name(request, cookie),
        value,
        max_age=seconds,
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )
