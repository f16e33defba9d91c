"""Accounts and their bearer tokens."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...editorial.accounts.invitations import invite_again, link
from ...editorial.accounts.management import AccountRow, change_account, create_account, list_accounts
from ...editorial.accounts.rights import Signed
from ...editorial.accounts.tokens import TokenRow, list_tokens, make_token, revoke_token
from ...wire.accounts import (
    AccountChange,
    AccountInfo,
    AccountList,
    InvitationInfo,
    NewAccount,
    NewAccountInfo,
    NewToken,
    NewTokenInfo,
    TokenInfo,
    TokenList,
)
from ..access import AnAdmin, SignedNow
from ..dependencies import JSON, ClockNow, DatabaseNow, json_body, takes
from ..openapi import gives

router = APIRouter(prefix="/accounts", tags=["accounts"])

_log = logging.getLogger("kg_service.accounts")
_Name = Annotated[str, Path(description="the account's name")]


@router.get("", responses=gives(AccountList))
async def accounts(database: DatabaseNow, _admin: AnAdmin) -> Response:
    """All accounts. For admins."""
    rows = await run_in_threadpool(list_accounts, database)
    return _answer(AccountList(items=[_account(row) for row in rows]))


@router.post("", status_code=201, openapi_extra=takes(NewAccount), responses=gives(NewAccountInfo, status=201))
async def invite_somebody(
    database: DatabaseNow, now: ClockNow, admin: AnAdmin, body: Annotated[NewAccount, Depends(json_body(NewAccount))]
) -> Response:
    """Make an account, and a one-time link with which its owner sets the password within three days. For admins."""
    row, code, expires = await run_in_threadpool(
        create_account, database, body.name, body.role, trusted=body.trusted, now=now
    )
    _log.info("%s made the account %s, %s", admin.name, row.name, row.role)
    return _answer(NewAccountInfo(account=_account(row), invitation=_invitation(row.name, code, expires)), 201)


@router.patch("/{name}", openapi_extra=takes(AccountChange), responses=gives(AccountInfo))
async def alter_account(
    name: _Name,
    database: DatabaseNow,
    now: ClockNow,
    admin: AnAdmin,
    body: Annotated[AccountChange, Depends(json_body(AccountChange))],
) -> Response:
    """Change role, trust, or the linked identity; disable or enable. For admins.

    A disabled account loses its tokens and sessions for good. The last admin who can sign in stays one (409).
    """
    row = await run_in_threadpool(change_account, database, name, now=now, **body.model_dump())
    _log.info("%s changed the account %s: %s, disabled %s", admin.name, name, row.role, row.disabled)
    return _answer(_account(row))


@router.post("/{name}/invitation", status_code=201, responses=gives(InvitationInfo, status=201))
async def invite_somebody_again(name: _Name, database: DatabaseNow, now: ClockNow, admin: AnAdmin) -> Response:
    """A one-time link for somebody who has forgotten the password. Links given before end. For admins."""
    code, expires = await run_in_threadpool(invite_again, database, name, now=now)
    _log.info("%s made a link for the account %s", admin.name, name)
    return _answer(_invitation(name, code, expires), 201)


@router.get("/{name}/tokens", responses=gives(TokenList))
async def tokens(name: _Name, database: DatabaseNow, signed: SignedNow) -> Response:
    """The tokens of an account that were not revoked. For admins, and for the account's owner in a session."""
    _own_or_admin(signed, name)
    rows = await run_in_threadpool(list_tokens, database, name)
    return _answer(TokenList(items=[_token(row) for row in rows]))


@router.post(
    "/{name}/tokens", status_code=201, openapi_extra=takes(NewToken), responses=gives(NewTokenInfo, status=201)
)
async def new_token(
    name: _Name,
    database: DatabaseNow,
    now: ClockNow,
    signed: SignedNow,
    body: Annotated[NewToken, Depends(json_body(NewToken))],
) -> Response:
    """Make a bearer token for a job. For admins, and for the account's owner in a session. It is shown this once."""
    _own_or_admin(signed, name)
    secret, row = await run_in_threadpool(
        make_token,
        database,
        name,
        now=now,
        role=body.role,
        scopes=body.scopes,
        purpose=body.purpose,
        lifetime=timedelta(days=body.days) if body.days else None,
    )
    _log.info("%s made the token %s for the account %s", signed.actor.name, row.id, name)
    return _answer(NewTokenInfo(token=_token(row), secret=secret), 201)


@router.delete("/{name}/tokens/{id}", status_code=204, response_class=Response)
async def end_token(name: _Name, id: str, database: DatabaseNow, now: ClockNow, signed: SignedNow) -> Response:
    """Revoke a token, at once and in every process. For admins, and for the account's owner in a session."""
    _own_or_admin(signed, name)
    await run_in_threadpool(revoke_token, database, name, id, now=now)
    _log.info("%s revoked the token %s of the account %s", signed.actor.name, id, name)
    return Response(status_code=204)


def _own_or_admin(signed: Signed, name: str) -> None:
    # A token of its owner is not enough: one that may only read could make itself another that may more.
    if signed.session and signed.actor.name == name:
        return
    signed.need("admin", "admin")


def _account(row: AccountRow) -> AccountInfo:
    return AccountInfo(**asdict(row))


def _token(row: TokenRow) -> TokenInfo:
    return TokenInfo.model_validate(asdict(row))


def _invitation(name: str, code: str, expires: str) -> InvitationInfo:
    return InvitationInfo(account=name, link=link(code), expires=expires)


def _answer(body: BaseModel, status: int = 200) -> Response:
    return Response(body.model_dump_json(), status, {"Cache-Control": "no-store"}, media_type=JSON)
