"""Who asks, and whether they may: dependencies of routes that give the `Actor` or refuse.

A request signs itself with `Authorization: Bearer …`, or else with the cookie of a browser's session. Both are looked
up in the database each time, so that a revoked token ends everywhere at once.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

from fastapi import BackgroundTasks, Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from ..core.errors import SkinR1Error, Unauthenticated
from ..editorial.accounts.rights import Scope, Signed
from ..editorial.accounts.sessions import note_use, signed_by_session
from ..editorial.accounts.tokens import signed_by_token
from ..editorial.actor import Actor, Role
from ..editorial.database import Database
from .cookies import session_cookie
from .dependencies import ClockNow, DatabaseNow

_log = logging.getLogger("kg_service.accounts")


_Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(auto_error=False, description="a token from POST /v1/accounts/{name}/tokens")),
]


async def _signed(
    request: Request, database: DatabaseNow, now: ClockNow, later: BackgroundTasks, _documented: _Bearer = None
) -> Signed:
    given = request.headers.get("authorization")
    if given is not None:
        scheme, _, token = given.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated("sign in with `Authorization: Bearer TOKEN`; other schemes are not known")
        signed = await run_in_threadpool(signed_by_token, database, token.strip(), now=now)
        if signed is None:
            raise Unauthenticated("this token is unknown, expired or revoked")
    elif cookie := session_cookie(request):
        signed = await run_in_threadpool(signed_by_session, database, cookie, now=now)
        if signed is None:
            raise Unauthenticated("this session is over; sign in again")
    else:
        raise Unauthenticated("this takes a bearer token, or a session from POST /v1/session")
    request.state.actor = signed.actor
    if signed.unnoted:
        later.add_task(note, database, signed, now)
    return signed


def note(database: Database, signed: Signed, now: datetime) -> None:
    """Keep when this token or session was last used; not worth an error."""
    try:
        note_use(database, signed, now=now)
    except SkinR1Error as error:  # the answer is sent; a full disk must not end what can still be read
        _log.warning("the last use of a token or session was not kept: %s", error)


SignedNow = Annotated[Signed, Depends(_signed)]


def needs(role: Role, scope: Scope | None) -> Callable[[Signed], Awaitable[Actor]]:
    """A dependency that gives the actor of the request.

    Raises (inside the request):
        Unauthenticated: nobody is signed in.
        Forbidden: without this role, or by a token without this scope.
    """

    async def actor(signed: SignedNow) -> Actor:
        return signed.need(role, scope)

    return actor


AReader = Annotated[Actor, Depends(needs("reader", "read"))]
AnEditor = Annotated[Actor, Depends(needs("editor", "propose"))]
AReviewer = Annotated[Actor, Depends(needs("reviewer", "review"))]
AnAdmin = Annotated[Actor, Depends(needs("admin", "admin"))]
AJob = Annotated[Actor, Depends(needs("reader", "report"))]


async def may_read(request: Request, database: DatabaseNow, now: ClockNow, later: BackgroundTasks) -> None:
    """Whether the caller may ask about the knowledge. Only a service that wants its readers to sign in asks this.

    Raises (inside the request):
        Unauthenticated, Forbidden: the caller has not signed in, or by a token without the scope `read`.
    """
    if not request.app.state.settings.anonymous_reads:
        (await _signed(request, database, now, later)).need("reader", "read")
