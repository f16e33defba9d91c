"""Every query about accounts, tokens and sessions. Functions take a session; who calls them decides about the
transaction."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Row, and_, delete, or_, text, update
from sqlmodel import Session, col, exists, func, select

from .models import Account, Attempt, BrowserSession, Invitation, Token

# -- accounts ----------------------------------------------------------------------------------------------------


def account(session: Session, name: str) -> Account | None:
    return session.exec(select(Account).where(Account.name == name)).first()


def is_taken(session: Session, name: str) -> bool:
    """Whether an account has this name, or one that differs in capitals only."""
    return session.exec(select(Account.id).where(func.lower(Account.name) == name.lower())).first() is not None


def account_by_id(session: Session, id_: int) -> Account | None:
    return session.get(Account, id_)


def account_by_subject(session: Session, subject: str) -> Account | None:
    return session.exec(select(Account).where(Account.subject == subject)).first()


def accounts(session: Session) -> list[Account]:
    """All accounts by name."""
    return list(session.exec(select(Account).order_by(col(Account.name))).all())


def add_account(session: Session, account: Account) -> Account:
    session.add(account)
    session.flush()
    return account


def can_sign_in(session: Session, *, now: str, role: str | None = None, besides: int | None = None) -> bool:
    """Whether an enabled account has a password, single sign-on, or a token that still works.

    Args:
        role: only accounts and tokens with this role.
        besides: an account that does not count.
    """
    token = exists().where(
        col(Token.account) == col(Account.id),
        col(Token.revoked).is_(None),
        or_(col(Token.expires).is_(None), col(Token.expires) > now),
    )
    if role is not None:
        token = token.where(col(Token.role) == role, or_(col(Token.scopes) == "", col(Token.scopes).contains(role)))
    query = select(Account.id).where(
        col(Account.disabled).is_(False),
        or_(col(Account.password) != "", col(Account.subject).is_not(None), token),
    )
    if role is not None:
        query = query.where(Account.role == role)
    if besides is not None:
        query = query.where(Account.id != besides)
    return session.exec(query.limit(1)).first() is not None


def has_admin(session: Session) -> bool:
    """Whether any account has the role, in use or not."""
    return session.exec(select(Account.id).where(Account.role == "admin").limit(1)).first() is not None


# -- bearer tokens -----------------------------------------------------------------------------------------------


def add_token(session: Session, token: Token) -> None:
    session.add(token)
    session.flush()


def token(session: Session, hash_: str) -> Token | None:
    return session.get(Token, hash_)


def tokens_of(session: Session, account: int) -> list[Token]:
    """The tokens of an account that were not revoked, the newest first."""
    query = select(Token).where(Token.account == account, col(Token.revoked).is_(None))
    return list(session.exec(query.order_by(col(Token.created).desc(), col(Token.hash))).all())


def revoke_tokens(session: Session, account: int, *, now: str, id_: str = "") -> int:
    """Revoke the tokens of an account whose hash begins with `id_`; returns how many there were."""
    query = (
        update(Token)
        .where(col(Token.account) == account, col(Token.revoked).is_(None))
        .where(func.substr(col(Token.hash), 1, len(id_)) == id_)
        .values(revoked=now)
    )
    return session.connection().execute(query).rowcount


_BEARER = text(
    "SELECT account.name, account.role, account.trusted, token.role, token.scopes, token.used"
    " FROM token JOIN account ON account.id = token.account"
    " WHERE token.hash = :hash AND token.revoked IS NULL AND (token.expires IS NULL OR token.expires > :now)"
    " AND NOT account.disabled"
)


def bearer(session: Session, hash_: str, *, now: str) -> Row | None:
    """(name, account's role, trusted, token's role, scopes, used) of a token that works. One indexed look-up in a raw
    statement: every signed-in request asks it."""
    return session.connection().execute(_BEARER, {"hash": hash_, "now": now}).first()


def mark_token_used(session: Session, hash_: str, *, now: str) -> None:
    session.connection().execute(update(Token).where(col(Token.hash) == hash_).values(used=now))


# -- browsers' sessions ------------------------------------------------------------------------------------------


def add_session(session: Session, browser: BrowserSession) -> None:
    session.add(browser)
    session.flush()


def browser(session: Session, hash_: str, *, now: str, idle_since: str) -> Row | None:
    """(name, role, trusted, seen) of a session that is neither over nor has rested since `idle_since`."""
    query = (
        select(Account.name, Account.role, Account.trusted, BrowserSession.seen)
        .join(BrowserSession, col(BrowserSession.account) == col(Account.id))
        .where(BrowserSession.hash == hash_, col(Account.disabled).is_(False))
        .where(col(BrowserSession.expires) > now, col(BrowserSession.seen) > idle_since)
    )
    return session.connection().execute(query).first()


def mark_session_seen(session: Session, hash_: str, *, now: str) -> None:
    session.connection().execute(update(BrowserSession).where(col(BrowserSession.hash) == hash_).values(seen=now))


def end_session(session: Session, hash_: str) -> None:
    session.connection().execute(delete(BrowserSession).where(col(BrowserSession.hash) == hash_))


def end_sessions(session: Session, account: int, *, but: str = "") -> None:
    """End all sessions of an account but the one with this hash."""
    query = delete(BrowserSession).where(col(BrowserSession.account) == account, col(BrowserSession.hash) != but)
    session.connection().execute(query)


def drop_old_sessions(session: Session, *, now: str, idle_since: str) -> None:
    """Forget sessions that are over."""
    over = or_(col(BrowserSession.expires) <= now, col(BrowserSession.seen) <= idle_since)
    session.connection().execute(delete(BrowserSession).where(over))


# -- one-time links ----------------------------------------------------------------------------------------------


def add_invitation(session: Session, invitation: Invitation) -> None:
    """In place of those the same account (or the first admin) was given before."""
    session.connection().execute(delete(Invitation).where(_same_owner(invitation.account)))
    session.add(invitation)
    session.flush()


def invitation(session: Session, hash_: str, *, now: str) -> Invitation | None:
    return session.exec(select(Invitation).where(Invitation.hash == hash_, col(Invitation.expires) > now)).first()


def drop_invitations(session: Session, account: int | None) -> None:
    session.connection().execute(delete(Invitation).where(_same_owner(account)))


def _same_owner(account: int | None) -> ColumnElement[bool]:
    return col(Invitation.account).is_(None) if account is None else col(Invitation.account) == account


# -- attempts to sign in -----------------------------------------------------------------------------------------


def add_attempt(session: Session, attempt: Attempt) -> None:
    session.add(attempt)
    session.flush()


def failures(
    session: Session, *, since: str, name: str | None = None, address: str | None = None
) -> tuple[int, str | None]:
    """(how many, when the newest) failed attempts on this name, from this address, or both."""
    query = select(func.count(), func.max(Attempt.at)).where(col(Attempt.failed).is_(True), Attempt.at > since)
    if name is not None:
        query = query.where(Attempt.name == name)
    if address is not None:
        query = query.where(Attempt.address == address)
    return session.exec(query).one()


def has_signed_in(session: Session, *, name: str, address: str) -> bool:
    """Whether this account has lately been used from this address."""
    query = select(Attempt.id).where(Attempt.name == name, Attempt.address == address, col(Attempt.failed).is_(False))
    return session.exec(query.limit(1)).first() is not None


def forget_attempts(session: Session, *, name: str, address: str) -> None:
    query = delete(Attempt).where(col(Attempt.name) == name, col(Attempt.address) == address)
    session.connection().execute(query)


def drop_old_attempts(session: Session, *, failed_before: str, known_before: str) -> None:
    failed = col(Attempt.failed).is_(True)
    old = or_(and_(failed, col(Attempt.at) <= failed_before), and_(~failed, col(Attempt.at) <= known_before))
    session.connection().execute(delete(Attempt).where(old))
