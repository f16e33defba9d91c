"""What signing in takes, by the API or a page: the brake on guessing first, few passwords at a time, and a way on."""

from __future__ import annotations

import logging
from datetime import datetime
from urllib.parse import urlsplit

from anyio import sleep
from anyio.to_thread import run_sync
from fastapi import Request
from starlette.concurrency import run_in_threadpool

from ..core.errors import Forbidden
from ..editorial.accounts.attempts import Begun, begin
from ..editorial.accounts.invitations import accept_invitation, invited
from ..editorial.accounts.passwords import check_new
from ..editorial.accounts.rights import Signed
from ..editorial.accounts.signing_in import change_password, sign_in
from ..editorial.database import Database

_TOP = "/"
_log = logging.getLogger("kg_service.accounts")


async def open_session(request: Request, database: Database, name: str, password: str, *, now: datetime) -> str:
    """Sign in with a password.

    Returns:
        What the session's cookie holds.

    Raises:
        TooManyAttempts: it comes too soon after too many failures.
        Unauthenticated: wrong name or password, or a disabled account.
    """
    begun = await _begun(request, database, name, now)
    secret = await run_sync(
        lambda: sign_in(database, name, password, begun=begun, now=now), limiter=request.app.state.passwords
    )
    _log.info("%s signed in", name)
    return secret


async def replace_password(
    request: Request, database: Database, signed: Signed, old: str, new: str, *, now: datetime
) -> None:
    """Change the password of who is signed in; all their other sessions end.

    Raises:
        TooManyAttempts: it comes too soon after too many failures.
        Forbidden: not in a session, or the old password is wrong.
        PasswordRefused: the new one is too short or too long.
    """
    if not signed.session:
        raise Forbidden("a password is changed in a session, not with a token")
    check_new(new)
    begun = await _begun(request, database, signed.actor.name, now)
    await run_sync(
        lambda: change_password(database, signed, old, new, begun=begun, now=now), limiter=request.app.state.passwords
    )
    _log.info("%s changed the password", signed.actor.name)


async def use_link(
    request: Request, database: Database, code: str, name: str, password: str, *, now: datetime
) -> tuple[str, str]:
    """Set a password with a one-time link, and sign in.

    Args:
        name: the first admin's; without effect for an account that exists.

    Returns:
        The account's name, and what the session's cookie holds.

    Raises:
        InvitationInvalid: the link was used, is too old, or was never given.
        PasswordRefused, RequestInvalid, AccountExists: as `accept_invitation` does; the link stays good.
    """
    who = await run_in_threadpool(invited, database, code, now=now)
    name = who.name or name
    secret = await run_sync(
        lambda: accept_invitation(database, code, name, password, now=now), limiter=request.app.state.passwords
    )
    _log.info("%s set a password with a one-time link", name)
    return name, secret


def own_path(text: str) -> str:
    """An address within the desk to lead on to; the top where the text is none, or is one of another site."""
    if not text.startswith("/") or text.startswith(("//", "/\\")) or not text.isprintable():
        return _TOP
    try:
        parts = urlsplit(text)
    except ValueError:
        return _TOP
    return _TOP if parts.scheme or parts.netloc or "\\" in text else text


async def _begun(request: Request, database: Database, name: str, now: datetime) -> Begun:
    address = request.client.host if request.client else ""
    begun = await run_in_threadpool(begin, database, name, address, now=now)
    await sleep(begun.delay)
    return begun
