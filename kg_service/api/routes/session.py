"""Signing in and out with a password. The page of a one-time link is the desk's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...editorial.accounts.rights import SCOPES, Signed
from ...editorial.accounts.sessions import sign_out, signed_by_session
from ...wire.accounts import NewPassword, SignIn, WhoIAm
from ..access import SignedNow
from ..cookies import clear_session, set_session
from ..dependencies import JSON, ClockNow, DatabaseNow, json_body, takes
from ..openapi import gives
from ..signing import open_session, replace_password

router = APIRouter(prefix="/session", tags=["session"])


@router.post("", openapi_extra=takes(SignIn), responses=gives(WhoIAm))
async def sign_in_here(
    request: Request, database: DatabaseNow, now: ClockNow, body: Annotated[SignIn, Depends(json_body(SignIn))]
) -> Response:
    """Sign in with name and password: the answer sets a session's cookie, for at most 12 hours and 2 without use.

    After five failures of one account from one address, or twenty of an address, the next attempt is heard only
    after a wait that doubles (429, `Retry-After`).
    """
    secret = await open_session(request, database, body.name, body.password, now=now)
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
    await replace_password(request, database, signed, body.old, body.new, now=now)
    return Response(status_code=204)


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
