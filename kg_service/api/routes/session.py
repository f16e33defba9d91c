"""Signing in and out, with a password or a one-time link."""

from __future__ import annotations

import logging
from typing import Annotated, Any
from urllib.parse import parse_qs

from anyio import sleep
from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from ...core.errors import AccountExists, Forbidden, PasswordRefused, RequestInvalid, RequestTooLarge
from ...editorial.accounts.attempts import begin
from ...editorial.accounts.invitations import accept_invitation, invited
from ...editorial.accounts.passwords import check_new
from ...editorial.accounts.rights import SCOPES, Signed
from ...editorial.accounts.sessions import sign_out, signed_by_session
from ...editorial.accounts.signing_in import change_password, sign_in
from ...wire.accounts import NewPassword, SignIn, WhoIAm
from .. import entrance
from ..access import SignedNow
from ..cookies import clear_session, set_session
from ..dependencies import JSON, ClockNow, DatabaseNow, json_body, takes
from ..openapi import gives

Responses = dict[int | str, dict[str, Any]]

router = APIRouter(prefix="/session", tags=["session"])

_log = logging.getLogger("kg_service.accounts")
_Code = Annotated[str, Query(max_length=200, description="the one-time code of the link")]
_MAX_FORM_BYTES = 16 * 1024
_PAGE: Responses = {
    200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "a page with a form"}
}
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["code", "password"],
                    "properties": {key: {"type": "string"} for key in ("code", "name", "password")},
                }
            }
        },
    }
}


@router.post("", openapi_extra=takes(SignIn), responses=gives(WhoIAm))
async def sign_in_here(
    request: Request, database: DatabaseNow, now: ClockNow, body: Annotated[SignIn, Depends(json_body(SignIn))]
) -> Response:
    """Sign in with name and password: the answer sets a session's cookie, for at most 12 hours and 2 without use.

    After five failures of one account from one address, or twenty of an address, the next attempt is heard only
    after a wait that doubles (429, `Retry-After`).
    """
    begun = await run_in_threadpool(begin, database, body.name, _address(request), now=now)
    await sleep(begun.delay)
    secret = await run_sync(
        lambda: sign_in(database, body.name, body.password, begun=begun, now=now), limiter=request.app.state.passwords
    )
    _log.info("%s signed in", body.name)
    signed = await run_in_threadpool(signed_by_session, database, secret, now=now)
    assert signed is not None
    answer = _who(signed)
    set_session(answer, request, secret)
    return answer


@router.get("", responses=gives(WhoIAm))
async def who_i_am(signed: SignedNow) -> Response:
    """Who this request comes from, and what they may do."""
    return _who(signed)


@router.delete("", status_code=204, response_class=Response)
async def sign_out_here(request: Request, database: DatabaseNow, signed: SignedNow) -> Response:
    """Sign this browser out. A bearer token goes on until it is revoked."""
    await run_in_threadpool(sign_out, database, signed)
    answer = Response(status_code=204)
    if signed.session:
        clear_session(answer, request)
    return answer


@router.put("/password", status_code=204, response_class=Response, openapi_extra=takes(NewPassword))
async def change_my_password(
    request: Request,
    database: DatabaseNow,
    now: ClockNow,
    signed: SignedNow,
    body: Annotated[NewPassword, Depends(json_body(NewPassword))],
) -> Response:
    """Change the password of who is signed in, which takes a session and the old password. All other sessions end."""
    if not signed.session:
        raise Forbidden("a password is changed in a session, not with a token")
    check_new(body.new)
    begun = await run_in_threadpool(begin, database, signed.actor.name, _address(request), now=now)
    await sleep(begun.delay)
    await run_sync(
        lambda: change_password(database, signed, body.old, body.new, begun=begun, now=now),
        limiter=request.app.state.passwords,
    )
    _log.info("%s changed the password", signed.actor.name)
    return Response(status_code=204)


@router.get("/first", response_class=HTMLResponse, responses=_PAGE)
async def first_visit(database: DatabaseNow, now: ClockNow, code: _Code) -> Response:
    """The page of a one-time link: somebody sets a password, the first admin a name as well."""
    return entrance.form(code, await run_in_threadpool(invited, database, code, now=now))


@router.post("/first", response_class=HTMLResponse, responses=_PAGE, openapi_extra=_FORM)
async def accept_first_visit(request: Request, database: DatabaseNow, now: ClockNow) -> Response:
    """What that page sends. The link is used up, and the browser signed in."""
    given = await _form(request)
    code, name, password = (given.get(key, "") for key in ("code", "name", "password"))
    who = await run_in_threadpool(invited, database, code, now=now)
    name = who.name or name
    try:
        secret = await run_sync(
            lambda: accept_invitation(database, code, name, password, now=now), limiter=request.app.state.passwords
        )
    except (PasswordRefused, RequestInvalid, AccountExists) as error:
        return entrance.form(code, who, said=str(error), name=name, status=422)
    _log.info("%s set a password with a one-time link", name)
    answer = entrance.signed_in(name)
    set_session(answer, request, secret)
    return answer


def _who(signed: Signed) -> Response:
    actor = signed.actor
    who = WhoIAm(
        name=actor.name,
        role=actor.role,
        trusted=actor.trusted,
        scopes=[scope for scope in SCOPES if scope in signed.scopes],
        by="session" if signed.session else "token",
    )
    return Response(who.model_dump_json(), media_type=JSON, headers={"Cache-Control": "no-store"})


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


async def _form(request: Request) -> dict[str, str]:
    """The fields of a small form, the first of each name."""
    sent = b""
    async for part in request.stream():
        sent += part
        if len(sent) > _MAX_FORM_BYTES:
            raise RequestTooLarge(f"this form has at most {_MAX_FORM_BYTES >> 10} KiB")
    try:
        fields = parse_qs(sent.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20)
    except ValueError as error:
        raise RequestInvalid("this form has too many fields") from error
    return {name: values[0] for name, values in fields.items()}
