"""Bearer tokens: made once, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from . import repository
from .database import Database
from .models import Account, Token

Role = Literal["reader", "editor", "reviewer", "admin"]
ROLES: tuple[str, ...] = get_args(Role)

_PREFIX = "skr_"


def timestamp(moment: datetime) -> str:
    """A moment as the tables write it: ISO 8601 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def hash_token(token: str) -> str:
    """A token carries 256 random bits, so a plain sha256 cannot be searched; no salt and no slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def issue_token(database: Database, role: Role, *, name: str, now: datetime, lifetime: timedelta | None = None) -> str:
    """A new bearer token for the account of this name, which is created where it does not exist.

    Returns:
        The token itself. It is not kept and cannot be shown again.
    """
    token = _PREFIX + secrets.token_urlsafe(32)
    with database.writing() as session:
        repository.create_tables(session)
        owner = repository.account(session, name)
        if owner is None:
            owner = repository.add_account(session, Account(name=name, role=role, created=timestamp(now)))
        assert owner.id is not None
        expires = timestamp(now + lifetime) if lifetime is not None else None
        repository.add_token(
            session,
            Token(hash=hash_token(token), account=owner.id, role=role, created=timestamp(now), expires=expires),
        )
    return token
