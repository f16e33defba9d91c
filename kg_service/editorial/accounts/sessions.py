"""Sessions of people's browsers: over after twelve hours, or two without a request."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from ..actor import Actor
from ..database import Database
from ..times import timestamp
from . import repository
from .models import BrowserSession
from .rights import USE_NOTED_EVERY, Signed, is_trusted, scopes_of
from .secret import hash_secret, new_secret

LIFETIME = timedelta(hours=12)
REST = timedelta(hours=2)


def begin_session(session: Session, account: int, *, now: datetime) -> str:
    """A new session inside the caller's transaction; returns what the browser's cookie holds."""
    repository.drop_old_sessions(session, now=timestamp(now), idle_since=timestamp(now - REST))
    secret, at = new_secret(), timestamp(now)
    browser = BrowserSession(
        hash=hash_secret(secret), account=account, created=at, seen=at, expires=timestamp(now + LIFETIME)
    )
    repository.add_session(session, browser)
    return secret


def signed_by_session(database: Database, cookie: str, *, now: datetime) -> Signed | None:
    """Who a browser's cookie speaks for; None for a session that is unknown, over, or of a disabled account."""
    hash_, at = hash_secret(cookie), timestamp(now)
    with database.reading() as session:
        row = repository.browser(session, hash_, now=at, idle_since=timestamp(now - REST))
    if row is None:
        return None
    name, role, trusted, seen = row
    actor, scopes = Actor(name, role, is_trusted(role, trusted)), frozenset(scopes_of(role))
    return Signed(actor, scopes, session=hash_, unnoted=seen <= timestamp(now - USE_NOTED_EVERY))


def note_use(database: Database, signed: Signed, *, now: datetime) -> None:
    """Keep when a token or a session was last used."""
    with database.writing() as session:
        if signed.token:
            repository.mark_token_used(session, signed.token, now=timestamp(now))
        else:
            repository.mark_session_seen(session, signed.session, now=timestamp(now))


def sign_out(database: Database, signed: Signed) -> None:
    """End the session of this browser; a token goes on."""
    if signed.session:
        with database.writing() as session:
            repository.end_session(session, signed.session)
