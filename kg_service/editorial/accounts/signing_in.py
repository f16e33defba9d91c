"""Signing in with a password, and changing it."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from ...core.errors import Forbidden, Unauthenticated
from ..database import Database
from ..times import timestamp
from . import repository
from .attempts import Begun
from .models import Account, Attempt
from .names import is_name
from .passwords import check_new, hash_password, is_outdated, is_password
from .rights import Signed
from .sessions import begin_session

# One sentence for every reason: a stranger must not learn which names there are.
_REFUSED = "the name or the password is wrong, or the account is disabled"


def sign_in(database: Database, name: str, password: str, *, begun: Begun, now: datetime) -> str:
    """A new session for a browser.

    Args:
        begun: what `attempts.begin` said, after its delay.

    Returns:
        What the session's cookie holds.

    Raises:
        Unauthenticated: wrong name or password, or a disabled account.
    """
    owner = _owner(database, name)
    kept = owner.password if owner and not owner.disabled else ""
    if not is_password(password, kept):
        raise Unauthenticated(_REFUSED)
    better = hash_password(password) if is_outdated(kept) else kept
    with database.writing() as session:
        current = repository.account(session, name)
        if current is None or current.id is None or current.disabled or current.password != kept:
            raise Unauthenticated(_REFUSED)  # changed while we looked
        current.password = better
        session.add(current)
        _succeed(session, begun, now)
        return begin_session(session, current.id, now=now)


def change_password(database: Database, signed: Signed, old: str, new: str, *, begun: Begun, now: datetime) -> None:
    """Replace the password of a signed-in person; all their other sessions end.

    Raises:
        Forbidden: the request is not signed by a session, or the old password is wrong.
        PasswordRefused: the new one is too short or too long.
    """
    if not signed.session:
        raise Forbidden("a password is changed in a session, not with a token")
    owner = _owner(database, signed.actor.name)
    kept = owner.password if owner else ""
    check_new(new)
    if not is_password(old, kept):
        raise Forbidden("the old password is wrong")
    better = hash_password(new)
    with database.writing() as session:
        current = repository.account(session, signed.actor.name)
        if current is None or current.id is None or current.password != kept:
            raise Forbidden("the old password is wrong")  # changed while we looked
        current.password = better
        session.add(current)
        _succeed(session, begun, now)
        repository.end_sessions(session, current.id, but=signed.session)


def _owner(database: Database, name: str) -> Account | None:
    if not is_name(name):
        return None
    with database.reading() as session:
        return repository.account(session, name)


def _succeed(session: Session, begun: Begun, now: datetime) -> None:
    repository.forget_attempts(session, name=begun.name, address=begun.address)
    known = Attempt(name=begun.name, address=begun.address, at=timestamp(now), failed=False)
    repository.add_attempt(session, known)
