"""What admins do with accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from ...core.errors import AccountExists, LastAdmin, UnknownAccount
from ..actor import Role
from ..database import Database
from ..times import timestamp
from . import repository
from .invitations import invite
from .models import Account
from .names import checked_name, is_name
from .rights import is_trusted


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as admins see it. `password` and `single_sign_on`: whether it can sign in that way."""

    name: str
    role: Role
    trusted: bool
    disabled: bool
    password: bool
    single_sign_on: bool
    created: str


def list_accounts(database: Database) -> list[AccountRow]:
    """All accounts by name."""
    with database.reading() as session:
        return [_listed(account) for account in repository.accounts(session)]


def one_account(database: Database, name: str) -> AccountRow:
    """
    Raises:
        UnknownAccount: there is no such account.
    """
    with database.reading() as session:
        account = repository.account(session, name) if is_name(name) else None
        if account is None:
            raise UnknownAccount(f"there is no account {name!r}")
        return _listed(account)


def create_account(
    database: Database, name: str, role: Role, *, trusted: bool, now: datetime
) -> tuple[AccountRow, str, str]:
    """(the account, the code of the link to set its password, when that ends).

    Raises:
        RequestInvalid: the name cannot be one.
        AccountExists: the name is taken.
    """
    checked_name(name)
    with database.writing() as session:
        if repository.is_taken(session, name):
            raise AccountExists(f"there is an account {name} already")
        account = Account(name=name, role=role, trusted=trusted, created=timestamp(now))
        repository.add_account(session, account)
        return _listed(account), *invite(session, account, now=now)


def change_account(
    database: Database,
    name: str,
    *,
    now: datetime,
    role: Role | None = None,
    trusted: bool | None = None,
    disabled: bool | None = None,
    subject: str | None = None,
) -> AccountRow:
    """Change what is given. Disabling ends the account's tokens, sessions and link for good; a lower role counts for
    them at once.

    Args:
        subject: who the identity provider says it is; empty ends single sign-on.

    Raises:
        UnknownAccount: there is no such account.
        LastAdmin: nobody else could act as admin afterwards.
        AccountExists: the subject belongs to another account.
    """
    with database.writing() as session:
        account = repository.account(session, name) if is_name(name) else None
        if account is None or account.id is None:
            raise UnknownAccount(f"there is no account {name!r}")
        leaves = account.role == "admin" and not account.disabled and (role not in (None, "admin") or disabled is True)
        if leaves and not repository.can_sign_in(session, now=timestamp(now), role="admin", besides=account.id):
            raise LastAdmin(f"{name} is the last admin who can sign in; make another one first")
        if subject and (owner := repository.account_by_subject(session, subject)) and owner.id != account.id:
            raise AccountExists(f"this identity belongs to the account {owner.name}")
        account.role = role or account.role
        account.trusted = account.trusted if trusted is None else trusted
        account.disabled = account.disabled if disabled is None else disabled
        account.subject = account.subject if subject is None else subject or None
        session.add(account)
        if disabled:
            repository.end_sessions(session, account.id)
            repository.revoke_tokens(session, account.id, now=timestamp(now))
            repository.drop_invitations(session, account.id)
        return _listed(account)


def _listed(account: Account) -> AccountRow:
    role = cast(Role, account.role)
    return AccountRow(
        name=account.name,
        role=role,
        trusted=is_trusted(role, account.trusted),
        disabled=account.disabled,
        password=bool(account.password),
        single_sign_on=account.subject is not None,
        created=account.created,
    )
