"""Accounts of people whom an identity provider names."""

from __future__ import annotations

from datetime import datetime

from ...core.errors import AccountExists, Forbidden
from ..database import Database
from ..times import timestamp
from . import repository
from .models import Account
from .names import is_name
from .oidc import Identity
from .secret import hash_secret
from .sessions import begin_session


def sign_in_identity(database: Database, identity: Identity, *, now: datetime) -> tuple[str, str]:
    """(name, what the session's cookie holds). Who comes for the first time gets an account, as a reader where the
    settings map no roles. Where they do, the provider's word counts each time.

    Raises:
        Forbidden: the account is disabled.
        AccountExists: the name belongs to an account that was not linked with this identity.
    """
    with database.writing() as session:
        account = repository.account_by_subject(session, identity.subject)
        if account is None:
            account = Account(
                name=_name(identity),
                role=identity.role or "reader",
                created=timestamp(now),
                subject=identity.subject,
            )
            # Never linked by name alone: whoever may choose a name at the provider would take the account over.
            if repository.is_taken(session, account.name):
                raise AccountExists(
                    f"there is an account {account.name} already; an admin can link it with {identity.subject!r}"
                )
            repository.add_account(session, account)
        if account.disabled:
            raise Forbidden(f"the account {account.name} is disabled")
        account.role = identity.role or account.role
        session.add(account)
        assert account.id is not None
        return account.name, begin_session(session, account.id, now=now)


def _name(identity: Identity) -> str:
    if is_name(identity.name):
        return identity.name
    return "person-" + hash_secret(identity.subject)[:12]
