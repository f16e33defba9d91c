"""One-time links: the first admin's, printed where the service starts, and those that admins give to others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from ...core.errors import AccountExists, Forbidden, InvitationInvalid, UnknownAccount
from ..database import Database
from ..times import timestamp
from . import repository
from .models import Account, Invitation
from .names import checked_name, is_name
from .passwords import check_new, hash_password
from .secret import hash_secret, new_secret
from .sessions import begin_session

FIRST_LIFETIME = timedelta(minutes=15)
LIFETIME = timedelta(days=3)
_INVALID = "this link was used, is too old, or was never given; ask for a new one"


@dataclass(frozen=True, slots=True)
class Invited:
    """Whom a link is for: the account, or with an empty name the first admin, who chooses one."""

    name: str


def link(code: str) -> str:
    """The address of a one-time link's page on the desk, below the service's own."""
    return f"/first?code={code}"


def somebody_can_sign_in(session: Session, now: datetime) -> bool:
    """Whether an enabled account has a password, single sign-on, or a token that works."""
    return repository.can_sign_in(session, now=timestamp(now))


def first_link(database: Database, now: datetime) -> str | None:
    """The code of a new link for the first admin, good for 15 minutes and once; None where there is an admin.

    Links given before end.
    """
    with database.writing() as session:
        if repository.has_admin(session):
            return None
        code = new_secret()
        expires = timestamp(now + FIRST_LIFETIME)
        repository.add_invitation(session, Invitation(hash=hash_secret(code), expires=expires))
        return code


def invite(session: Session, account: Account, *, now: datetime) -> tuple[str, str]:
    """(code, end) of a new link for an account, inside the caller's transaction. Links given before end."""
    code, expires = new_secret(), timestamp(now + LIFETIME)
    repository.add_invitation(session, Invitation(hash=hash_secret(code), account=account.id, expires=expires))
    return code, expires


def invite_again(database: Database, name: str, *, now: datetime) -> tuple[str, str]:
    """(code, end) of a link for somebody who has forgotten the password, which stays until the link is used.

    Raises:
        UnknownAccount: there is no such account.
        Forbidden: it is disabled.
    """
    with database.writing() as session:
        owner = repository.account(session, name) if is_name(name) else None
        if owner is None:
            raise UnknownAccount(f"there is no account {name!r}")
        if owner.disabled:
            raise Forbidden(f"the account {name} is disabled")
        return invite(session, owner, now=now)


def invited(database: Database, code: str, *, now: datetime) -> Invited:
    """Whom a link is for. Looking does not use it up.

    Raises:
        InvitationInvalid: it was used, is too old, or was never given.
    """
    with database.reading() as session:
        owner = _owner(session, code, now)
        return Invited(owner.name if owner else "")


def accept_invitation(database: Database, code: str, name: str, password: str, *, now: datetime) -> str:
    """Set the password, use the link up, and sign in; all other sessions of the account end.

    Args:
        name: the first admin's; without effect for an account that exists.

    Returns:
        What the session's cookie holds.

    Raises:
        InvitationInvalid: the link was used, is too old, or was never given.
        PasswordRefused, RequestInvalid: the password or the name cannot be used; the link stays good.
        AccountExists: the name is taken.
    """
    if not invited(database, code, now=now).name:
        checked_name(name)
    check_new(password)
    hashed = hash_password(password)  # slow: outside of the transaction, and only for who has a link
    with database.writing() as session:
        owner = _owner(session, code, now)
        if owner is None:
            if repository.is_taken(session, name):
                raise AccountExists(f"there is an account {name} already; choose another name")
            owner = repository.add_account(session, Account(name=name, role="admin", created=timestamp(now)))
            repository.drop_invitations(session, None)
        assert owner.id is not None
        owner.password = hashed
        session.add(owner)
        repository.drop_invitations(session, owner.id)
        repository.end_sessions(session, owner.id)
        return begin_session(session, owner.id, now=now)


def _owner(session: Session, code: str, now: datetime) -> Account | None:
    """The account a link is for, None for the first admin's."""
    found = repository.invitation(session, hash_secret(code), now=timestamp(now))
    if found is None:
        raise InvitationInvalid(_INVALID)
    if found.account is None:
        if repository.has_admin(session):
            raise InvitationInvalid(_INVALID)
        return None
    owner = repository.account_by_id(session, found.account)
    if owner is None or owner.disabled:
        raise InvitationInvalid(_INVALID)
    return owner
