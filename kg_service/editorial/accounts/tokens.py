"""Bearer tokens for jobs: made once, shown once, kept as a hash; with a role, scopes, an end, and a last use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlmodel import Session

from ...core.errors import Forbidden, UnknownAccount
from ..actor import ROLES, Actor, Role
from ..database import Database
from ..times import timestamp
from . import repository
from .models import Account, Token
from .names import is_name
from .rights import USE_NOTED_EVERY, Scope, Signed, checked_scopes, is_trusted, lower, scopes_of
from .secret import hash_secret, new_secret

_PREFIX = "skr_"
_ID_LENGTH = 16
_ID = re.compile(r"[0-9a-f]{16}\Z")


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as its owner sees it. `id` names it; it cannot be used to sign in."""

    id: str
    purpose: str
    role: Role
    scopes: tuple[Scope, ...]
    created: str
    expires: str | None
    used: str | None


def signed_by_token(database: Database, token: str, *, now: datetime) -> Signed | None:
    """Who a bearer token speaks for; None for one that is unknown, expired, revoked or of a disabled account."""
    hash_ = hash_secret(token)
    with database.reading() as session:
        row = repository.bearer(session, hash_, now=timestamp(now))
    if row is None:
        return None
    name, account_role, trusted, token_role, scopes, used = row
    role = lower(account_role, token_role)
    given: list[Scope] = [scope for scope in scopes_of(role) if not scopes or scope in scopes.split()]
    unnoted = used is None or used <= timestamp(now - USE_NOTED_EVERY)
    return Signed(Actor(name, role, is_trusted(role, bool(trusted))), frozenset(given), token=hash_, unnoted=unnoted)


def make_token(
    database: Database,
    name: str,
    *,
    now: datetime,
    role: Role | None = None,
    scopes: Sequence[str] = (),
    purpose: str = "",
    lifetime: timedelta | None = None,
) -> tuple[str, TokenRow]:
    """A new token of an account that exists.

    Args:
        role: not more than the account's, which is the default.
        scopes: not more than the role's, which are the default.

    Returns:
        The token itself, which is not kept and cannot be shown again, and how it is listed.

    Raises:
        UnknownAccount: there is no such account.
        Forbidden: the account is disabled, or has not that role or scope.
    """
    with database.writing() as session:
        owner = repository.account(session, name) if is_name(name) else None
        if owner is None:
            raise UnknownAccount(f"there is no account {name!r}")
        secret, token = _made(owner, role, scopes, purpose, now=now, lifetime=lifetime)
        repository.add_token(session, token)
        return secret, _listed(token)


def _made(
    owner: Account, role: Role | None, scopes: Sequence[str], purpose: str, *, now: datetime, lifetime: timedelta | None
) -> tuple[str, Token]:
    own = cast(Role, owner.role)
    role = role or own
    if owner.disabled:
        raise Forbidden(f"the account {owner.name} is disabled")
    if ROLES.index(role) > ROLES.index(own):
        raise Forbidden(f"{owner.name} is {own}; a token cannot have more, and {role} is more")
    assert owner.id is not None
    secret = new_secret(_PREFIX)
    expires = timestamp(now + lifetime) if lifetime is not None else None
    return secret, Token(
        hash=hash_secret(secret),
        account=owner.id,
        role=role,
        created=timestamp(now),
        expires=expires,
        scopes=" ".join(checked_scopes(scopes, role)),
        purpose=purpose,
    )


def list_tokens(database: Database, name: str) -> list[TokenRow]:
    """The tokens of an account that were not revoked, the newest first.

    Raises:
        UnknownAccount: there is no such account.
    """
    with database.reading() as session:
        return [_listed(token) for token in repository.tokens_of(session, _id_of(session, name))]


def revoke_token(database: Database, name: str, id_: str, *, now: datetime) -> None:
    """End one token at once, in every process.

    Raises:
        UnknownAccount: there is no such account, or it has no such token.
    """
    with database.writing() as session:
        owner = _id_of(session, name)
        if not _ID.match(id_) or not repository.revoke_tokens(session, owner, now=timestamp(now), id_=id_):
            raise UnknownAccount(f"the account {name} has no token {id_!r}")


def _id_of(session: Session, name: str) -> int:
    owner = repository.account(session, name) if is_name(name) else None
    if owner is None or owner.id is None:
        raise UnknownAccount(f"there is no account {name!r}")
    return owner.id


def _listed(token: Token) -> TokenRow:
    role = cast(Role, token.role)
    scopes = cast("tuple[Scope, ...]", tuple(token.scopes.split())) or scopes_of(role)
    return TokenRow(token.hash[:_ID_LENGTH], token.purpose, role, scopes, token.created, token.expires, token.used)


def issue_token(
    database: Database,
    role: Role,
    *,
    name: str,
    now: datetime,
    lifetime: timedelta | None = None,
    scopes: Sequence[str] = (),
    trusted: bool = False,
) -> str:
    """A new token for the account of this name, which is created with this role where it does not exist: the way of
    the command line, whose user holds the database anyway.

    Args:
        trusted: makes the account a trusted one.

    Returns:
        The token itself. It is not kept and cannot be shown again.

    Raises:
        Forbidden: there is such an account, with a lower role, or disabled; or the role has not that scope.
    """
    with database.writing() as session:
        owner = repository.account(session, name)
        if owner is None:
            owner = repository.add_account(session, Account(name=name, role=role, created=timestamp(now)))
        owner.trusted = owner.trusted or trusted
        secret, token = _made(owner, role, scopes, "made at the command line", now=now, lifetime=lifetime)
        repository.add_token(session, token)
    return secret
